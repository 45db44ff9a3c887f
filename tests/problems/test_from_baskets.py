"""Problems of baskets: who is asked about, what is to be found, and that nothing of it is seen before."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest
from baskets import LAST, ROLLING, drawn_categories, drawn_lines, posed_on, problem_on, tables_of

from crmlab.comparison.harness import answer_folds
from crmlab.errors import UsageError
from crmlab.kinds import Fitting
from crmlab.maths.next_basket.texts import items_of

LINES = [
    ("o1", "ann", "2024-01-01", "a", 1),
    ("o1", "ann", "2024-01-01", "b", 2),
    ("o2", "ann", "2024-03-02 09:00", "a", 1),
    ("o2", "ann", "2024-03-02 09:00", "c", 1),
    ("o3", "ann", "2024-03-02 10:00", "d", 1),  # a second basket in the window: not the first
    ("o4", "bob", "2024-02-01", "d", 1),
    ("o5", "bob", "2024-03-11", "e", 1),  # after a window of ten days
    ("o6", "cid", "2024-03-03", "a", 1),  # new in the window: not asked about
    ("o7", "dot", "2024-02-02", "a", 1),
    ("o8", "dot", "2024-03-09", "e", 1),
    ("o8", "dot", "2024-03-09", "b", 1),
    ("C9", "eve", "2024-02-03", "a", -1),  # returns alone are no basket
    ("C10", "ann", "2024-03-05", "c", -1),
]
CUTOFF = {"test_cutoffs": ["2024-03-01"]}


def found(posed) -> dict[str, tuple[list[str], str]]:
    """Return what each customer is to be found to buy, and what the items were."""
    frame = posed.rows.merge(posed.solution, on="row_id")
    return {r.customer: (items_of(r.bought), r.bought_as) for r in frame.itertuples()}


def test_the_first_basket_after_the_cutoff_is_to_be_found():
    posed = posed_on(tables_of(LINES), ROLLING | CUTOFF)
    assert found(posed) == {"ann": (["a", "c"], "rn"), "bob": ([], ""), "dot": (["b", "e"], "en")}
    assert posed.solution["value"].tolist() == [4.0, 0.0, 4.0]  # what was given back was bought all the same
    assert [items_of(t) for t in posed.solution["paid"]] == [["2.0000"] * 2, [], ["2.0000"] * 2]
    assert posed.rows["baskets"].tolist() == [1, 1, 1]
    assert posed.rows["items"].tolist() == [2, 1, 1]
    assert posed.history["at"].max() < pd.Timestamp("2024-03-01")


def test_facts_count_what_can_be_found_at_all():
    (window,) = posed_on(tables_of(LINES), ROLLING | CUTOFF).facts["windows"]
    assert window["base_rate_test"] == pytest.approx(2 / 3)
    assert (window["items_known"], window["items_bought"], window["baskets_known"]) == (3, 4, 3)
    assert (window["repeat_share"], window["new_category_share"]) == (0.25, 0.5)
    # c and e were never bought before; each cost a quarter of what was paid
    assert (window["unseen_items"], window["unseen_revenue_share"]) == (2, 0.5)


def test_the_last_basket_of_everyone_with_enough_is_held_out():
    posed = posed_on(tables_of(LINES), LAST | {"fewest_baskets": 2})
    assert found(posed) == {"ann": (["d"], "n"), "bob": (["e"], "e"), "dot": (["b", "e"], "en")}
    # others' history may be later: that is what the protocol leaks
    assert posed.history["at"].max() == pd.Timestamp("2024-03-03")
    assert "cid" in posed.history["customer"].tolist()
    assert posed_on(tables_of(LINES), LAST | {"fewest_baskets": 3}).rows["customer"].tolist() == ["ann"]
    assert posed.folds.facts[0]["cutoff"] is None


def test_without_categories_an_item_that_is_new_is_of_no_new_category():
    posed = posed_on(tables_of(LINES, categories=None), ROLLING | CUTOFF)
    assert found(posed)["ann"] == (["a", "c"], "re")


def test_items_may_be_categories():
    posed = posed_on(tables_of(LINES), ROLLING | CUTOFF | {"by": "category"})
    assert found(posed)["ann"] == (["bread", "fruit"], "er")
    assert (posed.history["category"] == "").all()
    with pytest.raises(UsageError, match="no table of products, so no categories"):
        posed_on(tables_of(LINES, categories=None), ROLLING | CUTOFF | {"by": "category"})


def test_consent_rides_along_where_it_is_known():
    tables = tables_of(LINES, consents={"ann": True, "bob": False})
    posed = posed_on(tables, ROLLING | CUTOFF)
    assert posed.rows.set_index("customer")["consent"].fillna(-1).to_dict() == {"ann": 1, "bob": 0, "dot": -1}
    assert posed.roles["consent"] == "carried"


@pytest.mark.parametrize(
    ("lines", "spec", "reason"),
    [
        (LINES[-2:], ROLLING | CUTOFF, "no known customer bought a known product"),
        (
            LINES,
            ROLLING | {"test_cutoffs": ["2024-03-05"]},
            r"ends on 2024-03-14, and the data end on 2024-03-11",
        ),
        (LINES, ROLLING | {"test_cutoffs": []}, "test_cutoffs is empty"),
        (LINES, ROLLING | {"test_cutoffs": ["2023-12-01"]}, "no customer in the population"),
        (LINES, LAST | {"fewest_baskets": 9}, "no customer of made_up has 9 baskets"),
    ],
)
def test_what_cannot_be_asked_is_said(lines, spec, reason):
    with pytest.raises(UsageError, match=reason):
        posed_on(tables_of(lines), spec)


def test_one_basket_alone_leaves_nothing_to_find():
    posed = posed_on(tables_of(LINES[:2]), ROLLING | CUTOFF, last_day=dt.date(2024, 12, 31))
    assert found(posed) == {"ann": ([], "")}
    assert posed.facts["windows"][0]["unseen_revenue_share"] is None
    assert posed.facts["base_rate"] == 0


# --- nothing of the future is seen --------------------------------------------------------------
SPEC = ROLLING | {"test_cutoffs": ["2024-03-01", "2024-04-01"]}


def test_no_edit_at_or_after_a_cutoff_changes_a_byte_of_what_methods_see():
    lines, categories = drawn_lines(), drawn_categories()
    posed = problem_on(tables_of(lines, categories=categories), SPEC)
    late = [line for line in lines if line[2] < "2024-04-01"]
    edited = [*late, *((f"x{i}", f"k{i:03d}", "2024-04-01T00:00:00", "p39", 5) for i in range(120))]
    other = problem_on(tables_of(edited, categories=categories), SPEC, last_day=dt.date(2024, 12, 31))
    for number in posed.fold_numbers():
        before, after = posed.fold(number), other.fold(number)
        pd.testing.assert_frame_equal(before.history, after.history)
        pd.testing.assert_frame_equal(before.test_rows, after.test_rows)
        assert before.history["at"].max() < pd.Timestamp(before.cutoff)
    # the later window's solution did change, the earlier one's did not
    solutions = [p.solution.merge(p.rows[["row_id", "origin"]]) for p in (posed, other)]
    assert not solutions[0].equals(solutions[1])
    first = [s[s["origin"] == "2024-03-01"].reset_index(drop=True) for s in solutions]
    pd.testing.assert_frame_equal(*first)


@pytest.mark.parametrize("method", ["personal_frequency", "tifu_knn", "repeat_aware"])
def test_answers_do_not_hang_on_the_solution(method):
    posed = problem_on(tables_of(drawn_lines(60), categories=drawn_categories()), SPEC)
    answers = answer_folds(posed, f"recommendation/{method}", {}, Fitting(1, refits=1)).answers
    posed.solution["bought"] = "p00"
    again = answer_folds(posed, f"recommendation/{method}", {}, Fitting(1, refits=1))
    pd.testing.assert_frame_equal(answers, again.answers)
    assert set(again.refits["refit"]) == {1}
    assert len(again.refits) == len(answers)
