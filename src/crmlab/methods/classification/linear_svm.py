"""A linear support vector machine, with probabilities from later rows."""

from typing import Annotated

from sklearn.svm import LinearSVC

from crmlab.declare.method import method
from crmlab.declare.parameters import Range
from crmlab.maths.encoding import linear_input
from crmlab.methods.classification._calibration import Calibrated
from crmlab.methods.classification._inner import Telling


@method(label="Linear SVM, calibrated", cite="Cortes and Vapnik 1995; Platt 1999")
def linear_svm(C: Annotated[float, Range(above=0)] = 0.01):
    """C: inverse of the penalty's weight, on standardised columns."""
    # the primal is solved by Newton steps: no random order of rows, and no warning of slow convergence
    learner = LinearSVC(C=C, dual=False, tol=1e-6, max_iter=10000)
    return Telling([("input", linear_input()), ("svm", Calibrated(learner))])
