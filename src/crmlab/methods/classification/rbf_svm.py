"""A support vector machine with a Gaussian kernel, on a sample, with probabilities from later rows."""

from typing import Annotated

from sklearn.svm import SVC

from crmlab.declare.method import method
from crmlab.declare.parameters import Range
from crmlab.maths.encoding import linear_input
from crmlab.methods.classification._calibration import Calibrated
from crmlab.methods.classification._inner import Telling


@method(label="RBF SVM, calibrated", cite="Cortes and Vapnik 1995; Platt 1999")
def rbf_svm(
    C: Annotated[float, Range(above=0)] = 1.0, max_rows: Annotated[int, Range(100)] = 4000, seed: int = 0
):
    """C: inverse of the penalty's weight. max_rows: train rows of the seeded sample."""
    learner = SVC(C=C, kernel="rbf", gamma="scale", cache_size=100)
    because = "time and memory grow with its square"
    calibrated = Calibrated(learner, max_rows=max_rows, because=because, seed=seed)
    return Telling([("input", linear_input()), ("svm", calibrated)])
