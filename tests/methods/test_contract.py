"""Every file under methods/ meets the contract of its folder, from the day it lands."""

from __future__ import annotations

import functools
import importlib
import inspect
import pickle
from collections.abc import Callable
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
import skops.io

from crmlab import registry
from crmlab.errors import CrmlabError, NotApplicable
from crmlab.kinds import Context
from crmlab.kinds.clustering import CLOSENESS
from crmlab.kinds.lifetime import SUMMARY
from crmlab.seeds import generator
from crmlab.vocabulary import CATEGORICAL, CONTROLS, NUMERIC

ALL = registry.names("methods")
OF_LISTS = "recommendation/"
"""Methods that are fed purchases and not rows: their contract lies in tests/methods/recommendation."""
METHODS = [name for name in ALL if not name.startswith(OF_LISTS)]
TRUSTED = ("numpy.", "scipy.", "sklearn.", "lightgbm.", "crmlab.", "collections.OrderedDict")
"""Where the types of a saved model may come from; anything else is code of a stranger."""


# --- a small shop with known habits -------------------------------------------------------------
def shop(n: int, *, seed: int = 1) -> tuple[pd.DataFrame, np.ndarray]:
    """Return n customers with numbers, texts and gaps in both, and who left: the caller's to change."""
    rows, left = drawn(n, seed)
    return rows.copy(deep=True), left.copy()


@functools.cache
def drawn(n: int, seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Draw the customers of a shop.

    Buying follows the Pareto/NBD at the published estimates for CDNOW (in weeks: r .553, alpha 10.578,
    s .606, beta 11.669; Fader, Hardie and Lee 2005), so that every kind finds its structure.
    """
    rng = generator(seed, "shop")
    days = np.round(rng.uniform(189, 272, n))
    rate = rng.gamma(0.553, 1 / (7 * 10.578), n)
    alive = np.minimum(rng.exponential(1 / np.maximum(rng.gamma(0.606, 1 / (7 * 11.669), n), 1e-9)), days)
    frequency = rng.poisson(rate * alive).astype(float)
    last = np.round(alive * rng.beta(np.maximum(frequency, 1), 1))
    # purchases are counted by day: n of them take n days at least
    recency = np.where(frequency > 0, np.maximum(last, frequency), 0.0)
    rows = pd.DataFrame(
        {
            "frequency": frequency,
            "recency_days": recency,
            "T_days": days,
            "monetary_value": np.where(frequency > 0, rng.gamma(3, 12, n), 0.0),
            "days_since_last": days - recency,
            "spend_90": np.where(days - recency <= 90, 2.0 * recency, 0.0),
            "member_days": np.floor(days / 2),
            "visits": rng.poisson(3, n).astype(float),
            "mean_gap_days": np.where(frequency > 1, recency / np.maximum(frequency, 1), np.nan),
            "balance": np.where(rng.random(n) < 0.2, np.nan, rng.normal(0, 500, n)),
            "channel": rng.choice(np.array(["web", "e-mail", "Füße, naïve\n☃", "00123"], dtype=object), n),
            "region": rng.choice(np.array(["north", "NA", None], dtype=object), n),
        }
    ).astype({"channel": "str", "region": "str"})
    return rows, (rng.random(n) < np.exp(-rate * (days - recency) / 2)).astype(np.int64)


def observed(left: np.ndarray) -> pd.DataFrame:
    """Return what a shop has seen of customers afterwards, for every kind to learn from its part.

    Who left spends nothing; who stayed buys once or more. A contract that ends does so within the
    horizon of 90 days.
    """
    rng = generator(1, "observed")
    purchases = np.where(left == 1, 0, 1 + rng.poisson(1, len(left)))
    return pd.DataFrame(
        {
            "outcome": left,
            "value": np.round(purchases * rng.gamma(3, 12, len(left)), 2),
            "purchases": purchases,
            "duration_days": np.where(left == 1, rng.integers(1, 91, len(left)), 90),
            "event": left,
        }
    )


def kind_of(name: str) -> ModuleType:
    """Return the contract of a method: the module of its folder."""
    return importlib.import_module(f"crmlab.kinds.{name.split('/')[0]}")


@functools.cache
def context(*, refits: int = 2) -> Context:
    """Return what a kind may know."""
    rows, _ = drawn(2, 1)
    roles = {c: NUMERIC if rows[c].dtype == float else CATEGORICAL for c in rows}
    return Context(horizon_days=90, seed=7, roles=roles, stability_refits=refits)


def offered(name: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the columns that a method of this kind is handed."""
    return rows[kind_of(name).columns(context().roles)]


QUICK = {
    "n_estimators": 20,
    "max_iter": 20,
    "max_rounds": 20,
    "trials": 3,
    "trial_trees": 10,
    "n_init": 1,
    "draws": 128,
}
"""What makes a fit quick, of those parameters that a method has: less of the same work."""


@functools.cache
def quick(name: str) -> dict[str, int]:
    """Return parameters of a quick fit; 3 segments where a method would choose their number."""
    defaults = registry.defaults(name)
    segments = {"k": 3} if defaults.get("k", 0) is None else {}
    return segments | {key: value for key, value in QUICK.items() if key in defaults}


def fitted(name: str, rows: pd.DataFrame, left: np.ndarray, *, refits: int = 2, **given: int) -> object:
    """Fit a method as the harness does, with its defaults but for the parameters given."""
    kind, method = kind_of(name), registry.find("methods", name)
    outcomes = observed(left)[list(kind.TARGET)] if kind.TARGET else None
    return kind.fit(
        lambda seed, **fixed: method(**given | fixed, seed=seed),
        offered(name, rows),
        outcomes,
        context(refits=refits),
    )


def answers(name: str, model: object, rows: pd.DataFrame) -> pd.DataFrame:
    """Let a fitted model answer."""
    return kind_of(name).answer(model, offered(name, rows), context())


@functools.cache
def usual(name: str) -> object:
    """Return the method fitted on 400 customers. Tests share it and must not change it."""
    return fitted(name, *shop(400))


@functools.cache
def again(name: str) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray]:
    """Fit the method a second time; return its answers, and the rows and the labels after that."""
    rows, left = shop(400)
    return answers(name, fitted(name, rows, left), rows), rows, left


def check(name: str, frame: pd.DataFrame, n: int) -> None:
    """Assert that an answer looks as its kind says."""
    assert list(frame.columns[: len(kind_of(name).ANSWER)]) == list(kind_of(name).ANSWER)
    assert len(frame) == n
    for column in frame:
        values = frame[column].to_numpy()
        whole = column.startswith("segment") or column == "parameters"
        assert values.dtype == (np.int64 if whole else np.float64)
        assert np.isfinite(values).all(), f"{column} has values that are not finite"
        assert values.min() >= 0 or column == "log_density"
        # an expected spend is an amount of money
        if column in ("probability", "margin", "p_zero", "p_alive") or (
            column == "score" and "upper" not in frame
        ):
            assert values.max() <= 1


# --- the contract -------------------------------------------------------------------------------
def test_there_are_methods_of_every_kind():
    assert {name.split("/")[0] for name in ALL} == set(registry.names("kinds"))


@pytest.mark.parametrize("name", ALL)
def test_it_says_what_it_is(name):
    method = registry.find("methods", name)
    assert method.label
    assert method.control in (None, *CONTROLS)
    assert method.cite or method.control, "a method that is no control names its source"
    signature = inspect.signature(method.factory).parameters.values()
    assert registry.method_parameters(name, {}) == {p.name: p.default for p in signature if p.name != "seed"}


@pytest.mark.parametrize("name", METHODS)
def test_it_fits_and_answers(name):
    new, _ = shop(150, seed=2)
    answer = answers(name, usual(name), new)
    check(name, answer, 150)
    if name.startswith("clustering/"):
        assert [c for c in answer if c.startswith("segment")] == ["segment", "segment_00", "segment_01"]
        assert set(answer) - {"segment_00", "segment_01"} <= {
            "segment",
            *CLOSENESS,
            "log_density",
            "parameters",
        }


@pytest.mark.parametrize("name", METHODS)
def test_the_same_seed_gives_the_same_bytes(name):
    rows, _ = shop(400)
    second, _, _ = again(name)
    assert answers(name, usual(name), rows).to_numpy().tobytes() == second.to_numpy().tobytes()


@pytest.mark.parametrize("name", METHODS)
def test_it_does_not_touch_its_input(name):
    kept, kept_left = shop(400)
    _, rows, left = again(name)
    pd.testing.assert_frame_equal(rows, kept)
    assert (left == kept_left).all()


@pytest.mark.parametrize("name", METHODS)
def test_an_answer_does_not_depend_on_the_other_rows(name):
    new, _ = shop(150, seed=2)
    whole = answers(name, usual(name), new)
    drawn = generator(3, "subset").permutation(150)[:40]
    for part in (drawn, drawn[:1]):
        alone = answers(name, usual(name), new.iloc[part])
        # the last digits of a matrix product may depend on the number of rows
        np.testing.assert_allclose(alone.to_numpy(), whole.iloc[part].to_numpy(), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", METHODS)
def test_it_survives_pickle_and_skops(name):
    new, _ = shop(150, seed=2)
    before = answers(name, usual(name), new)
    pickled = pickle.loads(pickle.dumps(usual(name)))
    assert answers(name, pickled, new).to_numpy().tobytes() == before.to_numpy().tobytes()

    saved = skops.io.dumps(usual(name))
    types = skops.io.get_untrusted_types(data=saved)
    assert [t for t in types if not t.startswith(TRUSTED)] == []
    loaded = skops.io.loads(saved, trusted=types)
    assert answers(name, loaded, new).to_numpy().tobytes() == before.to_numpy().tobytes()


# --- edges: a result or a reason, never another exception or a warning --------------------------
def ties(rows: pd.DataFrame, left: np.ndarray) -> tuple[pd.DataFrame, np.ndarray]:
    """90 % of the rows are the same."""
    same = np.where(np.arange(len(rows)) % 10 > 0, 0, np.arange(len(rows)))
    return rows.iloc[same].reset_index(drop=True), left


def all_alike(rows: pd.DataFrame, left: np.ndarray) -> tuple[pd.DataFrame, np.ndarray]:
    """All rows are the same."""
    return rows.iloc[np.zeros(len(rows), dtype=int)].reset_index(drop=True), left


def constant_columns(rows: pd.DataFrame, left: np.ndarray) -> tuple[pd.DataFrame, np.ndarray]:
    """Columns without variation, a number and a text."""
    return rows.assign(visits=0.1, channel="web"), left


def empty_columns(rows: pd.DataFrame, left: np.ndarray) -> tuple[pd.DataFrame, np.ndarray]:
    """Columns without a value, a number and a text."""
    nothing = pd.Series([None] * len(rows), dtype="str")
    return rows.assign(balance=np.nan, region=nothing), left


def empty_rule_columns(rows: pd.DataFrame, left: np.ndarray) -> tuple[pd.DataFrame, np.ndarray]:
    """The columns that rules read have no value."""
    nothing = pd.Series([None] * len(rows), dtype="str")
    return rows.assign(days_since_last=np.nan, monetary_value=np.nan, channel=nothing), left


def one_row(rows: pd.DataFrame, left: np.ndarray) -> tuple[pd.DataFrame, np.ndarray]:
    """A single customer."""
    return rows.iloc[:1], left[:1]


def two_rows(rows: pd.DataFrame, left: np.ndarray) -> tuple[pd.DataFrame, np.ndarray]:
    """Two customers, one of whom left."""
    return rows.iloc[:2], np.array([0, 1])


def few_positives(rows: pd.DataFrame, left: np.ndarray) -> tuple[pd.DataFrame, np.ndarray]:
    """30 customers left."""
    return rows, (np.arange(len(rows)) < 30).astype(np.int64)


def separable(rows: pd.DataFrame, left: np.ndarray) -> tuple[pd.DataFrame, np.ndarray]:
    """A column tells exactly who left."""
    return rows.assign(visits=left * 1e6), left


def one_class(rows: pd.DataFrame, left: np.ndarray) -> tuple[pd.DataFrame, np.ndarray]:
    """Nobody left."""
    return rows, np.zeros(len(rows), dtype=np.int64)


def everyone_left(rows: pd.DataFrame, left: np.ndarray) -> tuple[pd.DataFrame, np.ndarray]:
    """Nobody stayed, and so nobody spent."""
    return rows, np.ones(len(rows), dtype=np.int64)


def many_levels(rows: pd.DataFrame, left: np.ndarray) -> tuple[pd.DataFrame, np.ndarray]:
    """Every customer has a level of their own."""
    return rows.assign(channel=[f"level {i}" for i in range(len(rows))]), left


EDGES = [
    ties,
    all_alike,
    constant_columns,
    empty_columns,
    empty_rule_columns,
    one_row,
    two_rows,
    few_positives,
    separable,
    one_class,
    everyone_left,
    many_levels,
]


OF_OUTCOMES = (few_positives, separable, one_class, everyone_left)
"""What only a method that is handed outcomes can notice."""


def applies(name: str, edge: Callable) -> bool:
    """Tell whether an edge is one for a method."""
    return bool(kind_of(name).TARGET) or edge not in OF_OUTCOMES


@pytest.mark.parametrize(
    ("name", "edge"),
    [
        pytest.param(name, edge, id=f"{name}-{edge.__name__}")
        for name in METHODS
        for edge in EDGES
        if applies(name, edge)
    ],
)
def test_an_edge_gives_a_result_or_a_reason(name, edge):
    rows, left = edge(*shop(300))
    try:
        answer = answers(name, fitted(name, rows, left, refits=1, **quick(name)), rows)
    except CrmlabError as error:
        reason = error
    else:
        check(name, answer, len(rows))
        return
    assert len(str(reason)) > 10
    # where nothing can be estimated a fit may also fail; elsewhere it applies or says why not
    assert isinstance(reason, NotApplicable) or edge in (ties, all_alike, one_row, two_rows)


@pytest.mark.parametrize("name", METHODS)
def test_it_answers_about_customers_unlike_any_it_has_seen(name):
    new, _ = shop(20, seed=2)
    numbers = [c for c in new if new[c].dtype == float and c not in SUMMARY]
    nothing = pd.Series([None] * 20, dtype="str")
    check(name, answers(name, usual(name), new.assign(channel="a level never seen")), 20)
    check(name, answers(name, usual(name), new.assign(**dict.fromkeys(numbers, 1e9))), 20)
    check(name, answers(name, usual(name), new.assign(**dict.fromkeys(numbers, np.nan), region=nothing)), 20)
