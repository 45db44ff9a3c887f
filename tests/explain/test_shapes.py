"""Shapes: contributions give the model back, conditions are where a curve is high."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import logit

from crmlab.explain.shapes import Curve, contributions, curves, pairs


def stepped(log_odds, *, missing=0.0, cuts=(5.0, 10.0)):
    """Return the curve of a number with steps at the cuts."""
    return Curve("pages", 1.0, np.array(log_odds), missing, cuts=np.array(cuts))


def test_contributions_and_intercept_are_the_models_log_odds(window, machine):
    rows = window.test.copy()
    rows.loc[0, ["pages", "seconds", "age"]] = np.nan
    rows.loc[1, "channel"] = "never seen"
    added = contributions(machine, rows)
    assert set(added) == set(rows)
    told = logit(machine.predict_proba(rows)[:, 1])
    np.testing.assert_allclose(machine.intercept_ + added.sum(axis=1), told, rtol=0, atol=1e-9)


def test_a_curve_is_what_the_column_adds(window, machine):
    alone = {curve.column: curve for curve in curves(machine.details_)}
    in_pairs = {c for pair in pairs(machine) for c in pair.columns}
    free = next(c for c in alone if c not in in_pairs and alone[c].cuts is not None)
    values = window.test[free].to_numpy()
    curve = alone[free]
    steps = curve.log_odds[np.searchsorted(curve.cuts, values, side="right")]
    expected = np.where(np.isnan(values), curve.missing, steps)
    np.testing.assert_allclose(contributions(machine, window.test)[free], expected, atol=1e-5)
    assert [c.importance for c in curves(machine.details_)] == sorted(
        (c.importance for c in alone.values()), reverse=True
    )


def test_a_pairs_map_is_what_the_model_adds(window, machine):
    found = pairs(machine)
    assert len(found) == 2
    rows = window.test.dropna()
    singles = {c.column: c for c in curves(machine.details_)}
    total = np.full(len(rows), machine.intercept_)
    for curve in singles.values():
        total += curve.log_odds[places(rows[curve.column], curve.cuts, curve.levels)]
    for pair in found:
        sides = []
        for column, side in zip(pair.columns, pair.sides, strict=True):
            text = singles[column].levels is not None
            sides.append(places(rows[column], None if text else side, side if text else None))
        total += pair.log_odds[tuple(sides)]
    np.testing.assert_allclose(total, logit(machine.predict_proba(rows)[:, 1]), atol=1e-5)


def places(values, cuts, levels):
    """Return which step or level each value is."""
    if levels is not None:
        return values.map({name: i for i, name in enumerate(levels)}).to_numpy()
    return np.searchsorted(np.asarray(cuts), values, side="right")


VALUES = pd.Series(np.arange(1.0, 16.0), name="pages")


def test_high_is_at_least_half_of_the_top():
    assert stepped([-0.5, 0.2, 1.0]).high(VALUES, fewest=2).text == "pages >= 10"
    assert stepped([-0.5, 0.6, 1.0]).high(VALUES, fewest=2).text == "pages >= 5"
    assert stepped([0.2, 1.0, -0.5]).high(VALUES, fewest=2).text == "5 <= pages < 10"
    # too few of the train rows: everything above 0
    assert stepped([-0.5, 0.2, 1.0]).high(VALUES, fewest=9).text == "pages >= 5"
    assert stepped([-0.5, 0.2, 1.0]).high(VALUES, fewest=12) is None


def test_high_of_a_curve_without_a_top_is_nothing():
    assert stepped([-0.5, -0.2, -0.1]).high(VALUES, fewest=1) is None
    assert stepped([1.0, 1.0, 1.0]).high(VALUES, fewest=1) is None
    # no train row lies on the top step
    assert stepped([-0.5, 1.0, 3.0]).high(VALUES.where(VALUES < 10).dropna(), fewest=1).text == "pages >= 5"


def test_the_unknown_may_be_highest():
    gaps = VALUES.where(VALUES > 5)
    assert stepped([0.1, 0.2, 0.3], missing=2.0).high(gaps, fewest=2).text == "pages unknown"
    assert stepped([0.1, 0.2, 0.5], missing=0.1).high(gaps, fewest=2).text == "pages >= 10"


def test_high_levels():
    values = pd.Series(["a"] * 4 + ["b"] * 4 + ["c"] * 4 + ["d"], name="job")
    levels = ("a", "b", "c", "(rare)")
    curve = Curve("job", 1.0, np.array([1.0, 0.6, 0.2, 3.0]), 0.0, levels=levels)
    assert curve.high(values, fewest=2).text == "job = a or b"
    assert curve.high(values, fewest=9).text == "job = a or b or c"
    assert curve.high(values, fewest=13) is None
    assert Curve("job", 1.0, np.full(4, -1.0), 0.0, levels=levels).high(values, fewest=1) is None


@pytest.mark.parametrize(
    ("log_odds", "course"),
    [
        ([0.0, 1.0, 2.0], "the odds rise with pages"),
        ([2.0, 1.0, 0.0], "the odds fall with pages"),
        ([0.0, 2.0, 0.0], "the odds neither rise nor fall steadily with pages"),
        ([1.0, 1.0, 1.0], ""),
    ],
)
def test_course(log_odds, course):
    assert stepped(log_odds).course == course
    assert Curve("job", 1.0, np.array([0.0, 1.0]), 0.0, levels=("a", "b")).course == ""
