"""Every recommender meets the contract of its kind, from the day it lands."""

from __future__ import annotations

import functools
import pickle

import numpy as np
import pandas as pd
import pytest
import skops.io

from crmlab import registry
from crmlab.errors import NotApplicable
from crmlab.kinds import Context, recommendation
from crmlab.maths.next_basket.texts import items_of
from crmlab.seeds import generator

METHODS = [name for name in registry.names("methods") if name.startswith("recommendation/")]
NEIGHBOURS = [f"recommendation/{name}" for name in ("tifu_knn", "up_cf", "user_knn")]
TRUSTED = ("numpy.", "scipy.", "sklearn.", "crmlab.")


def context(history: pd.DataFrame, *, seed: int = 7) -> Context:
    """Return what the kind may know."""
    return Context(horizon_days=30, seed=seed, roles={}, history=history)


def fitted(name: str, history: pd.DataFrame, **given: object) -> object:
    """Fit a method as the harness does."""
    method = registry.find("methods", name)
    return recommendation.fit(lambda seed: method(**given, seed=seed), None, None, context(history))


def answered(model: object, history: pd.DataFrame, customers: list[str]) -> pd.DataFrame:
    """Let a fitted model answer about customers."""
    rows = pd.DataFrame({"customer": pd.array(customers, "str")})
    return recommendation.answer(model, rows, context(history))


def everybody(history: pd.DataFrame) -> list[str]:
    """Return all customers."""
    return sorted(history["customer"].unique())


def check(frame: pd.DataFrame, history: pd.DataFrame, n: int) -> None:
    """Assert that an answer looks as the kind says."""
    assert tuple(frame.columns[: len(recommendation.ANSWER)]) == recommendation.ANSWER
    assert len(frame) == n
    assert not frame.isna().to_numpy().any()
    assert np.isfinite(frame.drop(columns="offered").to_numpy()).all()
    share = history.groupby("item")["customer"].nunique() / history["customer"].nunique()
    lists = [items_of(text) for text in frame["offered"]]
    for one, buyers, scores in zip(
        lists,
        frame[list(recommendation.BUYERS)].to_numpy(),
        frame[list(recommendation.SCORES)].to_numpy(),
        strict=True,
    ):
        assert len(one) == len({*one}) <= recommendation.COUNT
        assert buyers[: len(one)] == pytest.approx(share[one].to_numpy())
        assert (buyers[len(one) :] == 0).all()
        assert (np.diff(scores[: len(one)]) <= 0).all()
    assert (frame["assortment"] == history["item"].nunique()).all()


@functools.cache
def usual(name: str, kept: _Kept) -> object:
    """Return the method fitted on the shop. Tests share it and must not change it."""
    return fitted(name, kept.frame)


class _Kept:
    """A frame that can be a key of a cache."""

    def __init__(self, frame: pd.DataFrame):
        self.frame = frame


@pytest.fixture(scope="module")
def kept(shop):
    """The shop, as a key."""
    return _Kept(shop)


@pytest.mark.parametrize("name", METHODS)
def test_it_fits_and_answers(name, kept):
    who = everybody(kept.frame)
    check(answered(usual(name, kept), kept.frame, who), kept.frame, len(who))


@pytest.mark.parametrize("name", METHODS)
def test_the_same_seed_gives_the_same_bytes_and_the_input_stays(name, kept):
    before = kept.frame.copy(deep=True)
    who = everybody(before)
    first = answered(usual(name, kept), kept.frame, who)
    pd.testing.assert_frame_equal(first, answered(fitted(name, kept.frame), kept.frame, who))
    pd.testing.assert_frame_equal(kept.frame, before)


@pytest.mark.parametrize("name", METHODS)
def test_an_answer_does_not_depend_on_who_else_is_asked_about(name, kept):
    who = everybody(kept.frame)
    whole = answered(usual(name, kept), kept.frame, who)
    order = generator(3, "subset").permutation(len(who))[:40]
    for part in (order, order[:1]):
        alone = answered(usual(name, kept), kept.frame, [who[i] for i in part])
        assert alone["offered"].tolist() == whole["offered"].iloc[part].tolist()
        scores = list(recommendation.SCORES)
        np.testing.assert_allclose(alone[scores], whole[scores].iloc[part], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", METHODS)
def test_the_order_of_lines_changes_nothing(name, kept):
    order = generator(4, "lines").permutation(len(kept.frame))
    shuffled = kept.frame.iloc[order].reset_index(drop=True)
    who = everybody(shuffled)
    again = answered(fitted(name, shuffled), shuffled, who)
    assert again["offered"].tolist() == answered(usual(name, kept), kept.frame, who)["offered"].tolist()


@pytest.mark.parametrize("name", METHODS)
def test_it_survives_pickle_and_skops(name, kept):
    who = everybody(kept.frame)[:30]
    before = answered(usual(name, kept), kept.frame, who)
    pickled = pickle.loads(pickle.dumps(usual(name, kept)))
    pd.testing.assert_frame_equal(answered(pickled, kept.frame, who), before)
    saved = skops.io.dumps(usual(name, kept))
    types = skops.io.get_untrusted_types(data=saved)
    assert [t for t in types if not t.startswith(TRUSTED)] == []
    loaded = skops.io.loads(saved, trusted=types)
    pd.testing.assert_frame_equal(answered(loaded, kept.frame, who), before)


@pytest.mark.parametrize("name", METHODS)
def test_a_customer_without_purchases_gets_a_list(name, kept):
    answer = answered(usual(name, kept), kept.frame, ["nobody"])
    check(answer, kept.frame, 1)
    assert len(items_of(answer["offered"].iloc[0])) == recommendation.COUNT


@pytest.mark.parametrize("name", NEIGHBOURS)
def test_in_a_bootstrap_sample_a_copy_of_a_customer_is_no_neighbour(name, kept):
    """Whether she was drawn once or three times, the customer's own purchases weigh the same."""
    copy = kept.frame[kept.frame["customer"] == "k007"]
    copies = [copy.assign(customer=f"k007#{n}", basket=copy["basket"] + f"#{n}") for n in (2, 3)]
    drawn = fitted(name, pd.concat([kept.frame, *copies], ignore_index=True))
    assert len(drawn.persons_) == kept.frame["customer"].nunique() + 2
    own = recommendation.purchases_of(kept.frame, items=drawn.items_).of(np.array(["k007"]))
    usual_scores = usual(name, kept).scores(own)
    np.testing.assert_allclose(drawn.scores(own), usual_scores, rtol=1e-12, atol=1e-15)


# --- edges: a result or a reason ------------------------------------------------------------------
def one_basket(shop: pd.DataFrame) -> pd.DataFrame:
    """A single basket of a single customer."""
    return shop[shop["basket"] == shop["basket"].iloc[0]]


def one_item(shop: pd.DataFrame) -> pd.DataFrame:
    """Everybody bought the same product, and once."""
    return shop.drop_duplicates("customer").assign(item="p00")


def sold_once(shop: pd.DataFrame) -> pd.DataFrame:
    """Every product was sold once."""
    return shop.drop_duplicates("item")


def a_basket_of_10_000_lines(shop: pd.DataFrame) -> pd.DataFrame:
    """One basket holds everything, some of it many times."""
    names = pd.array([f"q{i % 2000:04d}" for i in range(10_000)], "str")
    large = pd.DataFrame({"customer": "k000", "at": shop["at"].iloc[0], "basket": "all", "item": names})
    return pd.concat([shop[shop["customer"] < "k050"], large], ignore_index=True).astype({"basket": "str"})


def one_moment(shop: pd.DataFrame) -> pd.DataFrame:
    """All baskets were bought at the same moment."""
    return shop.assign(at=shop["at"].iloc[0])


@pytest.mark.parametrize(
    "edge", [one_basket, one_item, sold_once, a_basket_of_10_000_lines, one_moment], ids=lambda e: e.__name__
)
@pytest.mark.parametrize("name", METHODS)
def test_an_edge_gives_a_result(name, edge, shop):
    history = edge(shop).reset_index(drop=True)
    who = everybody(history)
    answer = answered(fitted(name, history), history, who)
    check(answer, history, len(who))
    most = min(recommendation.COUNT, history["item"].nunique())
    assert max(len(items_of(text)) for text in answer["offered"]) == most


@pytest.mark.parametrize("name", METHODS)
def test_without_purchases_there_is_a_reason(name, shop):
    with pytest.raises(NotApplicable, match="no purchases of known customers"):
        fitted(name, shop[:0])
