"""The assistant as an object: lists and filters on a shop worked out by hand, saved, served and asked."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from crmlab import registry, store
from crmlab.cli.command import app
from crmlab.errors import DataError, NotApplicable, UsageError
from crmlab.explain import saved_assistant
from crmlab.explain.offerable import adults, barred_items, marked, refusing
from crmlab.explain.shop_assistant import ShopAssistant
from crmlab.maths.next_basket.completion import together
from crmlab.maths.next_basket.purchases import purchases_of

NOW = pd.Timestamp("2024-06-30")
BASKETS = {
    "anna": [("2024-05-01", ["pasta", "basil"]), ("2024-06-28", ["pasta", "wine"])],
    "bert": [("2024-05-02", ["spade", "rake"]), ("2024-05-20", ["spade", "pills"])],
    **{f"k{n}": [("2024-04-01", ["pasta", "basil"]), ("2024-04-20", ["spade", "rake"])] for n in range(8)},
    **{f"w{n}": [("2024-04-02", ["wine", "pills"])] for n in range(6)},
}
PRODUCTS = pd.DataFrame(
    {
        "item": ["basil", "hoe", "pasta", "pills", "rake", "spade", "wine"],
        "category": ["food", "garden", "food", "health", "garden", "garden", "food > drinks"],
        "price": [2.0, 11.0, 3.0, 8.0, 10.0, 12.0, 9.0],
        "description": [
            "fresh basil",
            "iron hoe",
            "fresh pasta",
            None,
            "iron rake",
            "iron spade",
            "red wine",
        ],
    }
)
ASSORTMENT = pd.DataFrame(
    {
        "product": ["basil", "pills", "wine", "rake"],
        "available_from": pd.to_datetime(["2024-01-01"] * 4),
        "available_until": pd.to_datetime([None, None, None, "2024-06-01"]),
        "stock": pd.array([5, 5, None, 5], "Int64"),
        "sensitive": [False, True, False, False],
        "age_limited": [False, False, True, False],
    }
)
CUSTOMERS = pd.DataFrame(
    {
        "customer": ["anna", "bert", "k0"],
        "birthday": pd.to_datetime(["1980-01-01", "2010-01-01", None]),
        "consent": [True, False, True],
    }
)


@pytest.fixture(scope="module")
def purchases():
    """The purchases of the shop."""
    rows = [
        (customer, pd.Timestamp(day), f"{customer}-{day}", item)
        for customer, baskets in BASKETS.items()
        for day, items in baskets
        for item in items
    ]
    frame = pd.DataFrame(rows, columns=["customer", "at", "basket", "item"])
    return purchases_of(frame.astype({"customer": "str", "basket": "str", "item": "str"}))


def made(purchases, **given) -> ShopAssistant:
    """Return an assistant that offers by personal frequency."""
    model = registry.find("methods", "recommendation/personal_frequency")().fit(purchases)
    about = {"shop": "small", "label": "Personal frequency", "products": PRODUCTS, "now": NOW}
    return ShopAssistant(
        model=model, purchases=purchases, together=together(purchases, least=2), **about | given
    )


@pytest.fixture(scope="module")
def plain(purchases):
    """An assistant of a shop that says nothing of what may be offered."""
    return made(purchases)


@pytest.fixture(scope="module")
def careful(purchases):
    """An assistant of a shop with an assortment and facts of customers."""
    return made(
        purchases,
        barred=barred_items(ASSORTMENT, NOW),
        limited=marked(ASSORTMENT, "age_limited"),
        adults=adults(CUSTOMERS, NOW),
        refusing=refusing(CUSTOMERS),
    )


# --- for a customer -------------------------------------------------------------------------------
def test_a_customer_s_list_has_her_habits_first_and_says_why(plain):
    found = plain.recommend("anna", count=3)
    assert found["item"].tolist()[0] == "pasta"
    assert found["reason"].iloc[0] == "bought on 2 days, about every 58 days, last 2 days ago"


def test_what_was_bought_lately_and_what_was_bought_at_all_can_be_left_out(plain):
    assert plain.recommend("anna", not_within_days=10)["item"].tolist()[0] == "basil"
    new = plain.recommend("anna", only_new=True)
    assert set(new["item"]) == {"spade", "rake", "pills"}


def test_what_may_not_be_offered_is_not(careful):
    said = {**barred_items(ASSORTMENT, NOW)}
    assert said == {"rake": "no longer on offer", "pills": "sensitive"}
    grown = careful.recommend("anna", count=20)["item"].tolist()
    assert "wine" in grown
    for customer in ("bert", "k0"):  # a minor, and one whose age nobody knows
        assert not {"wine", "rake", "pills"} & {*careful.recommend(customer, count=20)["item"]}


def test_no_reason_names_what_is_sensitive(plain, careful):
    adult = made(careful.purchases, barred={"pills": "sensitive"})
    assert "pills" in plain.recommend("w0", count=7, only_new=False).to_string()
    assert "pills" not in adult.recommend("w0", count=7).to_string()
    assert "pills" not in adult.complete(["pills"], count=7).to_string()


def test_stock_and_days_of_sale_bar():
    frame = pd.DataFrame(
        {
            "product": list("abcd"),
            "available_from": pd.to_datetime(["2024-07-01", "2024-01-01", "2024-01-01", None]),
            "stock": pd.array([1, 0, 3, None], "Int64"),
        }
    )
    assert barred_items(frame, NOW) == {"a": "not on offer yet", "b": "out of stock"}
    assert barred_items(None, NOW) == {}
    assert adults(None, NOW) == frozenset()
    assert refusing(CUSTOMERS.drop(columns="consent")) is None
    # who turns 18 on the day is an adult
    born = pd.DataFrame({"customer": ["x", "y"], "birthday": [NOW - pd.DateOffset(years=18)] * 2})
    born.loc[1, "birthday"] += pd.Timedelta(days=1)
    assert adults(born, NOW) == frozenset({"x"})


def test_a_list_is_sent_to_nobody_who_refused(careful):
    assert len(careful.recommend("bert")) > 0
    assert len(careful.recommend("anna", to_send=True)) > 0
    with pytest.raises(NotApplicable, match="'bert' gave no consent"):
        careful.recommend("bert", to_send=True)


# --- for a basket or a product ----------------------------------------------------------------------
def test_what_goes_with_a_product_has_its_share_and_its_lift(plain):
    found = plain.goes_with("pasta")
    assert found["item"].tolist() == ["basil"]
    # 10 baskets hold pasta, 9 both, 9 basil; all 26 baskets hold two: 52 lines, Σ s(s - 1) = 52
    assert found["score"].iloc[0] == pytest.approx(9 / (10 * 9 * 52 / 52**2))
    assert found["reason"].iloc[0] == "90.0% of baskets with pasta hold it, 5.2 times as often as chance"


def test_a_basket_is_completed_with_what_its_items_bring_and_then_with_what_is_popular(plain):
    found = plain.complete(["spade"], count=3)
    assert found["item"].tolist()[0] == "rake"
    assert found["score"].iloc[0] == pytest.approx(0.9)
    assert found["reason"].iloc[0].startswith("baskets with spade hold it ")
    assert found["score"].iloc[2] == 0
    assert found["reason"].iloc[2].endswith(" of all customers")


def test_a_product_that_nobody_bought_finds_whom_it_is_like(plain, careful):
    found = plain.who_for("hoe", count=20)
    assert found["customer"].iloc[0] == "bert"
    assert found["reason"].iloc[0] == "bought rake (both in garden; in common: iron)"
    assert "w0" not in found["customer"].tolist()[:9]
    # bert gave no consent
    assert "bert" not in careful.who_for("hoe", count=20)["customer"].tolist()
    assert "bert" in careful.who_for("hoe", count=20, to_send=False)["customer"].tolist()


def test_a_product_that_is_not_in_the_shop_yet_is_described(plain):
    found = plain.who_for({"category": "food", "price": 2.5, "description": "fresh sauce"}, count=1)
    assert found["customer"].iloc[0] in BASKETS
    assert "both in food; in common: fresh" in found["reason"].iloc[0]
    with pytest.raises(UsageError, match="not \\['colour'\\]"):
        plain.who_for({"colour": "red"})


def test_who_has_a_product_is_not_offered_it_and_minors_are_not_what_is_for_adults(careful):
    with pytest.raises(NotApplicable, match="nobody who may be offered it"):
        careful.who_for("wine")  # anna, the one adult, has it
    with pytest.raises(NotApplicable, match="'pills' is sensitive: nobody is offered it"):
        careful.who_for("pills")


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda a: a.recommend("ana"), "no customer 'ana' with purchases in 'small'. Did you mean 'anna'"),
        (lambda a: a.recommend("anna", count=0), "count = 0 must be from 1 to 100"),
        (lambda a: a.complete([]), "the basket is empty"),
        (lambda a: a.complete(["pastta"]), "nobody bought 'pastta'. Did you mean 'pasta'"),
        (lambda a: a.goes_with("hoe"), "nobody bought 'hoe'"),
        (lambda a: a.who_for("ho"), "the shop has no product 'ho'. Did you mean 'hoe'"),
    ],
)
def test_what_cannot_be_asked_is_said(plain, ask, said):
    with pytest.raises(UsageError, match=said):
        ask(plain)


# --- saved ------------------------------------------------------------------------------------------
@pytest.fixture
def folder(careful, tmp_path):
    """Return the folder of a saved assistant."""
    return saved_assistant.save(careful, tmp_path / "assistant")


def test_it_comes_back_as_it_was_saved(careful, folder):
    loaded = saved_assistant.load(folder)
    for ask in (
        lambda a: a.recommend("anna"),
        lambda a: a.complete(["pasta", "spade"]),
        lambda a: a.goes_with("pasta"),
        lambda a: a.who_for("hoe"),
    ):
        pd.testing.assert_frame_equal(ask(loaded), ask(careful))
    with pytest.raises(NotApplicable, match="gave no consent"):
        loaded.recommend("bert", to_send=True)


def test_a_changed_file_is_refused(folder, tmp_path):
    file = folder / saved_assistant.MODEL
    file.write_bytes(file.read_bytes() + b"x")
    with pytest.raises(DataError, match="not the file that was logged"):
        saved_assistant.load(folder)
    (folder / saved_assistant.FACTS).write_text("{}")
    with pytest.raises(DataError, match="was changed"):
        saved_assistant.load(folder)
    with pytest.raises(UsageError, match="is not a saved assistant"):
        saved_assistant.load(tmp_path / "nothing")


def test_a_request_has_a_list_per_row(careful):
    asked = pd.DataFrame(
        {
            "customer": ["anna", None, "anna", None],
            "basket": [None, "pasta|spade", None, None],
            "goes_with": [None, None, "spade", None],
            "who_for": [None, None, None, "hoe"],
            "count": [2, np.nan, 1, 3],
        }
    )
    found = saved_assistant.answered(careful, asked)
    assert found.columns.tolist() == ["row", "rank", "offered", "score", "reason"]
    assert found.groupby("row").size().to_dict()[0] == 2
    assert found.loc[found["row"] == 1, "offered"].iloc[0] == "basil"
    (nothing,) = found[found["row"] == 2].itertuples()  # rakes are not on offer any more
    assert (nothing.rank, nothing.offered) == (0, "")
    assert nothing.reason == "nothing goes with 'spade' in enough baskets"
    assert found.loc[found["row"] == 3, "rank"].tolist() == [1, 2, 3]
    for wrong, said in (
        ({"customer": [None]}, "row 0: fill one of customer, basket, goes_with, who_for, not none of them"),
        ({"basket": ["a"], "who_for": ["b"]}, "not basket and who_for"),
    ):
        with pytest.raises(UsageError, match=said):
            saved_assistant.answered(careful, pd.DataFrame(wrong))


def test_every_method_can_be_saved(purchases, tmp_path):
    for name in registry.names("methods"):
        if name.startswith("recommendation/"):
            model = registry.find("methods", name)(seed=1).fit(purchases)
            mine = made(purchases)
            mine.model = model
            again = saved_assistant.load(saved_assistant.save(mine, tmp_path / name))
            pd.testing.assert_frame_equal(again.recommend("anna"), mine.recommend("anna"))


# --- the command --------------------------------------------------------------------------------------
def test_a_saved_assistant_answers_the_command(folder, project):
    shutil.copy(registry.PACKAGE.parents[1] / store.PARAMS, project / store.PARAMS)
    runner, model = CliRunner(), ["--model", str(folder)]
    for given, expected in (
        (["--customer", "anna"], ["For anna, by Personal frequency (saved in", "pasta"]),
        (["--basket", "pasta", "--basket", "spade"], ["With pasta, spade:", "basil"]),
        (["--goes-with", "pasta"], ["With pasta:", "90.0% of baskets with pasta"]),
        (["--who-for", "hoe"], ["For whom hoe is:", "in common: iron"]),
    ):
        said = runner.invoke(app, ["recommend", "small", *given, *model])
        assert said.exit_code == 0, said.output
        for text in expected:
            assert text in said.output
    for wrong in (
        [],
        ["--goes-with", "pasta", "--who-for", "hoe"],
        ["--customer", "anna", "--method", "ease"],
    ):
        refused = runner.invoke(app, ["recommend", "small", *wrong, *model])
        assert isinstance(refused.exception, UsageError)


def test_the_facts_say_what_they_are_of(folder):
    facts = json.loads((folder / saved_assistant.FACTS).read_text())
    assert facts["kind"] == "shop_assistant"
    assert len(facts["sha256"]) == 64
