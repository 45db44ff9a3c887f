"""HDBSCAN: dense places are segments, and nobody stays outside."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmlab import registry
from crmlab.seeds import generator


def islands() -> tuple[pd.DataFrame, np.ndarray]:
    """Return two dense groups of 100 in the logarithm and ten lonely customers, and the group of each."""
    rng = generator(12, "islands")
    place = np.concatenate([np.full(100, 2.0), np.full(100, 6.0), np.linspace(3.2, 4.8, 10)])
    spread = np.concatenate([np.full(200, 0.05), np.zeros(10)])
    rows = pd.DataFrame(
        {c: np.expm1(place + spread * rng.normal(size=210)) for c in ("monetary_value", "visits")}
    )
    return rows, (place < 4).astype(np.int64)


def fitted(rows: pd.DataFrame, **parameters: float) -> object:
    """Return the method fitted on rows."""
    return registry.find("methods", "clustering/hdbscan")(seed=1, **parameters).fit(rows)


def test_lonely_customers_join_the_nearest_dense_place():
    rows, group = islands()
    model = fitted(rows, min_share=0.2)
    assert model.details_["choice"]["k"] == 2
    segments = model.predict(rows)
    assert segments[:200].tolist() == group[:200].tolist()
    # the lonely ten stand in a line from the poor place (segment 1) to the rich one (segment 0)
    assert segments[200] == 1
    assert segments[209] == 0
    assert (np.diff(segments[200:]) <= 0).all()
    outside = 1 - len(model.points_) / len(rows)
    assert outside > 0
    assert model.details_["note"].startswith(f"{outside:.0%} of the customers lie in no dense place")
    sure = model.closeness(rows)
    assert sure["margin"].between(0, 1).all()
    assert sure["margin"][:200].min() > 0.9
    assert sure["margin"][200:].min() < 0.6


def test_the_gate_keeps_noise_in_one_segment():
    rows = pd.DataFrame(generator(13, "noise").normal(10, 1, (300, 3)), columns=["a", "b", "c"])
    model = fitted(rows)
    assert model.details_["choice"]["k"] == 1
    assert not model.details_["choice"]["gate"]["rejects"]
    assert model.predict(rows).max() == 0
    assert model.closeness(rows).to_numpy().tolist() == [[0.0, 1.0]] * 300


def test_where_no_place_is_dense_everyone_is_in_one_segment():
    rows, _ = islands()
    model = fitted(rows, min_share=0.9)
    assert model.details_["choice"]["gate"]["rejects"]
    assert model.details_["choice"]["k"] == 1
    assert model.details_["note"] == "no dense place was found: everyone is in one segment"
    assert model.predict(rows).max() == 0


def test_a_sample_is_clustered_and_everyone_is_answered():
    rows, group = islands()
    model = fitted(rows, min_share=0.2, max_rows=100)
    assert model.predict(rows)[:200].tolist() == group[:200].tolist()
    assert "clustered a seeded sample of 100 of 210 rows" in model.details_["note"]
