"""Every clustering method at the edges: a result, or a reason; never a crash, a warning or nan."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from crmlab import registry
from crmlab.errors import NotApplicable
from crmlab.kinds import Context, clustering
from crmlab.kinds.clustering import SEGMENTED
from crmlab.seeds import generator
from crmlab.vocabulary import CATEGORICAL, NUMERIC

METHODS = [name for name in registry.names("methods") if name.startswith("clustering/")]
READ_TEXTS = ("clustering/kmedoids", "clustering/latent_class", "clustering/random_partition")


def shop(n: int, *, repeaters: float = 0.6) -> pd.DataFrame:
    """Return n customers with the columns that are clustered, and a channel."""
    rng = generator(41, "edges", n, repeaters)
    T = np.round(rng.uniform(30, 400, n))
    frequency = np.where(rng.random(n) < repeaters, 1 + rng.poisson(rng.gamma(1, 2, n)), 0).astype(float)
    recency = np.where(frequency > 0, np.maximum(np.round(T * rng.beta(2, 1, n)), 1), 0)
    days = np.maximum(frequency, 1)
    paid = (rng.gamma(6 * days) / (days * rng.gamma(4, 0.04, n))).round(2)
    rows = pd.DataFrame(
        {
            "days_since_last": T - recency,
            "frequency": frequency,
            "monetary_value": np.where(frequency > 0, paid, np.nan),
            "total_spend": paid * (1 + frequency),
            "T_days": T,
            "gap_mean_days": np.where(frequency > 0, recency / np.maximum(frequency, 1), np.nan),
            "basket_units": 1.0 + rng.poisson(2, n),
            "products": 1.0 + rng.poisson(3, n),
        }
    )
    assert tuple(rows) == SEGMENTED
    return rows.assign(channel=rng.choice(["web", "shop", "app"], n)).astype({"channel": "str"})


def bought_once(rows: pd.DataFrame) -> pd.DataFrame:
    """90 % of the customers bought once, one article at one price."""
    once = {"frequency": 0.0, "monetary_value": np.nan, "total_spend": 9.99, "gap_mean_days": np.nan}
    alike = once | {"basket_units": 1.0, "products": 1.0, "channel": "web"}
    found = rows.copy()
    mine = np.arange(len(rows)) % 10 > 0
    found.loc[mine, list(alike)] = list(alike.values())
    found.loc[mine, "days_since_last"] = found.loc[mine, "T_days"]
    return found


EDGES = {
    "90 % bought once": lambda: bought_once(shop(300)),
    "90 % are the same customer": lambda: shop(300).iloc[np.where(np.arange(300) % 10, 0, np.arange(300))],
    "a constant column": lambda: shop(300).assign(products=2.0, channel="web"),
    "one customer": lambda: shop(1),
    "fewer customers than segments": lambda: shop(3),
    "an empty column": lambda: (
        shop(300).assign(gap_mean_days=np.nan, channel=None).astype({"channel": "str"})
    ),
    "empty money": lambda: shop(300).assign(monetary_value=np.nan, total_spend=np.nan),
    "nobody came back": lambda: bought_once(shop(300, repeaters=0.0)),
    "a level for every customer": lambda: shop(300).assign(channel=[f"level {i}" for i in range(300)]),
}


ENOUGH = ("90 % bought once", "a constant column", "a level for every customer")
"""Edges at which there is enough to segment: no method may excuse itself."""


def reason_or_result(name: str, rows: pd.DataFrame, *, refits: int = 1, **parameters: int) -> str:
    """Return why a method cannot segment the rows, or '' after looking at its answer and its refits."""
    roles = {c: CATEGORICAL if c == "channel" else NUMERIC for c in rows}
    context = Context(horizon_days=90, seed=5, roles=roles, stability_refits=refits)
    method = registry.find("methods", name)

    def make(seed: int, **fixed: int) -> object:
        return method(**{**parameters, **fixed}, seed=seed)

    rows = rows.reset_index(drop=True)
    try:
        model = clustering.fit(make, rows, None, context)
        answer = clustering.answer(model, rows, context)
    except NotApplicable as reason:
        return str(reason)
    # what a model tells of its fit is kept as JSON, which has no nan
    json.dumps(getattr(model, "details_", {}), allow_nan=False)
    assert len(answer) == len(rows)
    for column in answer:
        values = answer[column].to_numpy()
        assert np.isfinite(values).all(), column
        if column.startswith("segment"):
            assert values.min() >= 0
            assert values.max() < 50
    if {"margin", "probability"} & set(answer):
        sure = answer[[c for c in ("margin", "probability") if c in answer]]
        assert sure.min(axis=None) >= 0
        assert sure.max(axis=None) <= 1
    return ""


CHOOSE = [m for m in METHODS if registry.defaults(m).get("k", 0) is None]
CHOSEN = ("90 % bought once", "one customer", "fewer customers than segments", "an empty column")
"""Edges at which the number of segments is chosen too, which takes its time."""

CASES = [(m, edge, {}) for m in METHODS for edge in EDGES if m not in CHOOSE or edge in CHOSEN]
CASES += [(m, edge, {"k": 5}) for m in CHOOSE for edge in EDGES]


@pytest.mark.parametrize(("name", "edge", "given"), CASES)
def test_an_edge_gives_a_result_or_a_reason(name, edge, given):
    reason = reason_or_result(name, EDGES[edge](), **given)
    assert not reason or (len(reason) > 20 and edge not in ENOUGH), reason


def many_levels(n: int) -> pd.DataFrame:
    """Return n customers, each with a channel of its own."""
    return shop(n).assign(channel=[f"level {i}" for i in range(n)])


# what is learnt from texts is the encoder's, which tests of its own hold to 200,000 levels
@pytest.mark.parametrize("n", [20_000, pytest.param(200_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    "name", [m if m in READ_TEXTS else pytest.param(m, marks=pytest.mark.slow) for m in METHODS]
)
def test_a_text_with_many_levels(name, n):
    parameters = registry.defaults(name)
    given = {"k": 3} if "k" in parameters else {}
    assert not reason_or_result(name, many_levels(n), refits=0, **given)
