"""New products: a window counted by hand, a shop with planted words, and what cannot be asked."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from crmlab import store
from crmlab.data import fetch, tables
from crmlab.errors import NotApplicable
from crmlab.findings.trust import new_products
from crmlab.history.described_products import described_products, sold_lines
from crmlab.studies._shops import described_shop

MIRROR = os.environ.get("CRMLAB_MIRROR")
CUTOFF = "2024-03-01"


def shop(*, categories: bool = True) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return lines and products: two customers with a taste each, and two products launched in March."""
    rows = [
        ("anna", "2024-01-05", "CUP", 4.0),
        ("anna", "2024-02-05", "MUG", 6.0),
        ("bert", "2024-01-09", "SPADE", 20.0),
        ("anna", "2024-03-03", "BOWL", 5.0),
        ("bert", "2024-03-04", "RAKE", 15.0),
        (None, "2024-03-05", "RAKE", 15.0),
        ("bert", "2024-03-06", "SPADE", 20.0),
        ("anna", "2024-03-20", "TRAY", 9.0),
        ("cleo", "2024-03-06", "BOWL", 5.0),
    ]
    lines = pd.DataFrame(rows, columns=["customer", "at", "item", "amount"])
    lines["at"] = pd.to_datetime(lines["at"])
    named = {"CUP": "kitchen", "MUG": "kitchen", "BOWL": "kitchen", "TRAY": "kitchen"}
    first = lines.groupby("item").agg(first_sold=("at", "min"), price=("amount", "first")).reset_index()
    words = {"CUP": "blue cup", "MUG": "blue mug", "BOWL": "blue bowl", "TRAY": "tray"}
    first["category"] = [named.get(item, "garden") if categories else None for item in first["item"]]
    first["description"] = [words.get(item, "iron") for item in first["item"]]
    return lines, first.astype({"category": "str", "description": "str"})


def test_the_window_is_counted_by_hand():
    found = new_products.on_lines(*shop(), [CUTOFF], 10)
    (window,) = found.windows.itertuples()
    # BOWL and RAKE are new within ten days; TRAY is sold later; cleo was not known, and pays all the same
    assert (window.products, window.asked, window.judged) == (2, 2, 2)
    assert window.revenue_share == pytest.approx((5 + 15 + 15 + 5) / (5 + 15 + 15 + 20 + 5))
    assert found.ceiling() == (
        "66.7% of test revenue is of 2 products that training never saw (from 2024-03-01 on)."
    )


def test_whom_a_product_is_for_is_told_by_its_content():
    window = new_products.window_of(*shop(), pd.Timestamp(CUTOFF), 10)
    assert window.customers.tolist() == ["anna", "bert"]
    assert window.new.tolist() == ["BOWL", "RAKE"]
    assert window.truth.tolist() == [[True, False], [False, True]]
    for method in ("content", "words", "favourite"):
        scores = window.scores[method]
        assert scores[0, 0] > scores[0, 1], method
        assert scores[1, 1] > scores[1, 0], method


def test_without_categories_nobody_has_a_favourite(keeps_contract):
    found = new_products.on_lines(*shop(categories=False), [CUTOFF], 10)
    assert np.isnan(found.of("favourite")["recall"])
    assert "The data have no categories, so that nobody has a favourite one." in found.sentences
    assert "does not apply" in found.head().to_string()


def test_content_is_better_than_chance_where_words_were_planted(keeps_contract):
    made = described_shop(
        3, launched=pd.Timestamp("2024-07-01"), word_strength=2.0, new_share=0.2, visitors=6_000
    )
    found = new_products.on_lines(made.lines, made.products, ["2024-07-01"], 90)
    keeps_contract(found)
    content, random = found.of("content"), found.of("random")
    k = found.windows["products"].iloc[0]
    assert random["recall"] == pytest.approx(new_products.PLACES / k)
    assert random["whom"] == pytest.approx(0.1, abs=0.001)
    assert content["gain_lower"] > 0
    assert content["whom"] > 0.12
    assert content["gain"] == pytest.approx(content["recall"] - random["recall"])
    assert found.sentences[1].startswith("Content is better than random among new products: ")


def test_it_is_not_asked_without_a_day_or_of_another_task():
    for facts in (
        {"task": "cross_sell", "folds": [{"cutoff": None}]},
        {"task": "churn", "folds": [{"cutoff": "2024-03-01"}]},
    ):
        with pytest.raises(NotApplicable, match="cross_sell by the protocol next_basket"):
            new_products.find(SimpleNamespace(problem=SimpleNamespace(facts=facts)))


def test_nothing_new_is_said_so():
    with pytest.raises(NotApplicable, match="no known customer bought"):
        new_products.on_lines(*shop(), ["2024-03-25"], 10)


@pytest.mark.data
def test_the_ceiling_of_october_2011_is_the_recomputed_one(tmp_path, monkeypatch):
    """Online Retail II, sales lines of codes of five digits and letters: 8.4 % of 109 products."""
    mirror = (Path(__file__).parents[3] / (MIRROR or "")).resolve()
    if not (MIRROR and (mirror / "online_retail_ii").is_dir()):
        pytest.skip("no mirror of online_retail_ii: set CRMLAB_MIRROR")
    (tmp_path / store.PARAMS).write_text("seed: 1\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CRMLAB_MIRROR", str(mirror))
    monkeypatch.delenv("DVC_ROOT", raising=False)
    fetch.fetch("online_retail_ii")
    tables.make_tables("online_retail_ii")
    connection = store.engine()
    known = store.open_tables("online_retail_ii", connection)
    lines = sold_lines(known, connection)
    lines = lines[lines["item"].str.fullmatch(r"\d{5}[A-Z]*")]
    products = described_products(lines, known, connection)
    found = new_products.on_lines(lines, products, ["2011-10-01"], 31)
    (october,) = found.windows.itertuples()
    assert october.products == 109
    assert october.revenue_share == pytest.approx(0.084, abs=0.0005)
    assert found.of("words")["gain_lower"] > 0
    assert np.isnan(found.of("favourite")["recall"])
