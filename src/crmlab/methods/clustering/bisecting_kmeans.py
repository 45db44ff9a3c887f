"""Bisecting k-means: k-means that splits one segment in two at a time."""

from typing import Annotated

from sklearn.cluster import BisectingKMeans

from crmlab.declare.method import method
from crmlab.declare.parameters import Range
from crmlab.methods.clustering._segmenter import Segmenter


@method(label="Bisecting k-means", cite="Steinbach, Karypis and Kumar 2000")
def bisecting_kmeans(
    k: Annotated[int | None, Range(1)] = None, n_init: Annotated[int, Range(1)] = 5, seed: int = 0
):
    """k: segments; None = chosen on the train rows. n_init: starts of each split.

    The segment with the largest sum of squares is split next. Time grows with the rows times log k:
    there is no limit.
    """
    return Segmenter(BisectingKMeans(n_init=n_init, random_state=seed), "n_clusters", k, seed=seed)
