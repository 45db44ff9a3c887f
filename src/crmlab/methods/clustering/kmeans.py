"""k-means, the reference of customer segmentation."""

from sklearn.cluster import KMeans

from crmlab.methods.clustering._segmenter import Segmenter
from crmlab.registry import method


@method(label="k-means", cite="Lloyd 1982; Arthur and Vassilvitskii 2007")
def kmeans(k: int = 5, seed: int = 0):
    """k: segments."""
    return Segmenter(KMeans(k, n_init=10, random_state=seed), "n_clusters")
