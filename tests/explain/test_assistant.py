"""The shopping assistant on a user's own orders, through Python and the command."""

from __future__ import annotations

import datetime as dt
import shutil

import pytest
from typer.testing import CliRunner

from crmlab import registry, store
from crmlab.cli.command import app
from crmlab.data import own_data
from crmlab.errors import NotApplicable, UsageError
from crmlab.explain.assistant import recommend
from crmlab.seeds import generator


@pytest.fixture
def shop(project):
    """A project with the real params.yaml, and orders of forty customers; c00 buys milk every ten days."""
    shutil.copy(registry.PACKAGE.parents[1] / store.PARAMS, project / store.PARAMS)
    rng, start = generator(1, "assistant"), dt.date(2024, 1, 1)
    lines = ["customer,timestamp,amount,product"]
    for number in range(40):
        for day in sorted(rng.choice(200, 5, replace=False).tolist()):
            when = (start + dt.timedelta(days=day)).isoformat()
            lines += [f"c{number:02d},{when},5.00,p{i}" for i in sorted({*rng.integers(0, 30, 3).tolist()})]
    lines += [f"c00,{(start + dt.timedelta(days=d)).isoformat()},5.00,milk" for d in range(0, 200, 10)]
    path = project / "orders.csv"
    path.write_text("\n".join(lines) + "\n")
    own_data.from_csv("mine", path)
    return project


def test_habits_come_first_with_their_rhythm(shop):
    found = recommend("mine", "c00", count=5)
    assert found.method == "Personal frequency"
    assert "the status quo" in found.why
    assert found.table["item"].iloc[0] == "milk"
    assert found.table["reason"].iloc[0].startswith("bought on 20 days, about every 10 days, last ")
    assert len(found.table) == 5
    assert found.table["score"].is_monotonic_decreasing


def test_only_new_leaves_out_what_was_bought_before(shop):
    every, new = recommend("mine", "c00", count=20), recommend("mine", "c00", count=20, only_new=True)
    bought = every.table["reason"].str.startswith("bought on")
    first = every.table.loc[~bought, "item"].tolist()
    assert new.table["item"].tolist()[: len(first)] == first
    assert not new.table["reason"].str.startswith("bought on").any()


def test_the_command_prints_items_and_reasons(shop):
    said = CliRunner().invoke(
        app, ["recommend", "mine", "--customer", "c00", "--count", "3", "--method", "up_cf"]
    )
    assert said.exit_code == 0, said.output
    assert said.output.startswith("For c00, by UP-CF (asked for):")
    assert "milk" in said.output
    assert "about every 10 days" in said.output


def test_nobody_s_id_is_told_who_was_not_nearly_asked_for(shop):
    with pytest.raises(UsageError) as refused:
        recommend("mine", "")
    assert str(refused.value).endswith("with purchases in 'mine'.")


def test_a_shop_that_is_not_there_is_named_with_the_nearest(shop):
    with pytest.raises(UsageError, match="there is no shop 'mein'"):
        recommend("mein", "c00")


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"customer": "c0"}, "no customer 'c0' with purchases in 'mine'"),
        ({"customer": "c00", "count": 0}, "count = 0 must be from 1 to 20"),
        ({"customer": "c00", "method": "tifu_knm"}, "recommendation/tifu_knn"),
    ],
)
def test_what_cannot_be_asked_is_said(shop, given, reason):
    with pytest.raises(UsageError, match=reason):
        recommend("mine", **given)


def test_without_products_there_is_nothing_to_offer(shop):
    path = shop / "orders.csv"
    path.write_text(
        "customer,timestamp,amount\n" + "".join(f"c{n},2024-01-0{n + 1},1.00\n" for n in range(9))
    )
    own_data.from_csv("bare", path)
    with pytest.raises(NotApplicable, match="no purchases of a known customer with a product"):
        recommend("bare", "c1")
