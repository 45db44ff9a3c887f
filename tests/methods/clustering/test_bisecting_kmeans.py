"""Bisecting k-means: one split at a time."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmlab import registry
from crmlab.seeds import generator


def test_segments_are_nested_where_groups_are():
    # two pairs of groups: the first split parts the pairs, the next two part each pair
    rng = generator(16, "nested")
    group = np.repeat([0, 1, 2, 3], 40)
    logs = np.array([1.0, 1.6, 5.0, 5.6])[group] + rng.normal(0, 0.03, 160)
    rows = pd.DataFrame({"monetary_value": np.expm1(logs), "total_spend": np.expm1(logs)})
    build = registry.find("methods", "clustering/bisecting_kmeans")
    two, four = (build(k=k, seed=1).fit(rows).predict(rows) for k in (2, 4))
    assert two.tolist() == (1 - group // 2).tolist()
    assert four.tolist() == (3 - group).tolist()
