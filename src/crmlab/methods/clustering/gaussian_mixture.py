"""Gaussian mixture: segments that may be long, tilted and of different spread."""

from typing import Annotated

from sklearn.mixture import GaussianMixture

from crmlab.declare.method import method
from crmlab.declare.parameters import Range
from crmlab.methods.clustering._segmenter import Segmenter


@method(label="Gaussian mixture", cite="McLachlan and Peel 2000")
def gaussian_mixture(k: Annotated[int | None, Range(1)] = None, seed: int = 0):
    """k: components, each a segment with its own covariance; None = chosen on the train rows by BIC."""
    # on columns with variance 1, the floor keeps a component off a single spike (such as frequency 0)
    learner = GaussianMixture(reg_covar=1e-3, n_init=3, max_iter=500, random_state=seed)
    return Segmenter(learner, "n_components", k, choose_by="bic", seed=seed)
