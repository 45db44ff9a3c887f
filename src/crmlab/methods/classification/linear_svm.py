"""A linear support vector machine, with probabilities from later rows."""

from sklearn.svm import LinearSVC

from crmlab.encoding import linear_input
from crmlab.methods.classification._calibration import Calibrated
from crmlab.methods.classification._inner import Telling
from crmlab.registry import method


@method(label="Linear SVM, calibrated", cite="Cortes and Vapnik 1995; Platt 1999")
def linear_svm(C: float = 0.01):
    """C: inverse of the penalty's weight, on standardised columns."""
    # the primal is solved by Newton steps: no random order of rows, and no warning of slow convergence
    learner = LinearSVC(C=C, dual=False, tol=1e-6, max_iter=10000)
    return Telling([("input", linear_input()), ("svm", Calibrated(learner))])
