"""k-means, the reference of customer segmentation."""

from crmlab.methods.clustering._fast_kmeans import FastKMeans
from crmlab.methods.clustering._segmenter import Segmenter
from crmlab.registry import method


@method(label="k-means", cite="Lloyd 1982; Arthur and Vassilvitskii 2007")
def kmeans(k: int | None = None, seed: int = 0):
    """k: segments; None = chosen on the train rows."""
    return Segmenter(FastKMeans(n_init=10, random_state=seed), "n_clusters", k, seed=seed)
