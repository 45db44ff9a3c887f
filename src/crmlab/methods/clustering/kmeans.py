"""k-means, the reference of customer segmentation."""

from typing import Annotated

from crmlab.declare.method import method
from crmlab.declare.parameters import Range
from crmlab.methods.clustering._fast_kmeans import FastKMeans
from crmlab.methods.clustering._segmenter import Segmenter


@method(label="k-means", cite="Lloyd 1982; Arthur and Vassilvitskii 2007")
def kmeans(k: Annotated[int | None, Range(1)] = None, seed: int = 0):
    """k: segments; None = chosen on the train rows."""
    return Segmenter(FastKMeans(n_init=10, random_state=seed), "n_clusters", k, seed=seed)
