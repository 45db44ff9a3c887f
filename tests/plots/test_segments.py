"""Pictures of segments: sizes, medians, moves and values are the ones of the customers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from crmlab import registry
from crmlab.comparison.answers import segmented
from crmlab.errors import NotApplicable
from crmlab.plots import migration, segments, stability, value
from crmlab.plots._points import called


def test_profile_shows_medians_and_sizes(segmentation, whole):
    _, frames = segmented(segmentation)
    last = frames[-1]
    texts = whole(segments.draw(segmentation))
    named = dict(enumerate(called(segmentation, "clustering/kmeans", [0, 1])))
    for number, part in last.groupby("segment"):
        assert segments._short(part["visits"].median()) in texts
        assert f"{named[number]}\n{len(part):,} ({len(part) / len(last):.0%})" in texts


def test_stability_of_a_fixed_rule_is_one_and_of_chance_is_none(segmentation, whole):
    sure = stability._pairwise(segmentation, "clustering/kmeans")
    np.testing.assert_allclose(sure, 1.0)
    by_chance = stability._pairwise(segmentation, "clustering/random_partition")
    assert np.abs(by_chance).max() < 0.2
    figure = stability.draw(segmentation)
    assert [t.get_text() for t in figure.axes[0].get_yticklabels()] == ["kmeans", "random_partition"]
    whole(figure)


def test_without_refits_there_is_no_stability(segmentation):
    runs = [replace(r, answers=r.answers[["fold", "row_id", "segment"]]) for r in segmentation.runs]
    with pytest.raises(NotApplicable, match="no method answered with refits"):
        stability.draw(replace(segmentation, runs=runs))


def test_moves_count_every_customer_of_the_later_origin(segmentation, whole):
    _, (first, second) = segmented(segmentation)
    newcomers = second.assign(
        customer=np.where(second.index < 5, "n" + second["customer"], second["customer"])
    )
    counts = migration._moves(first, newcomers)
    assert counts.loc[migration.NEW].sum() == 5
    assert counts.to_numpy().sum() == len(second)
    stayed = (first.set_index("customer")["segment"] == 0) & (second.set_index("customer")["segment"] == 0)
    assert migration._moves(first, second).loc["0", 0] == stayed.sum()
    texts = whole(migration.draw(segmentation))
    assert "segment at 2024-07-01" in texts


def test_nobody_moves_at_one_origin(segmentation):
    facts = segmentation.problem.facts
    one = replace(segmentation.problem, facts=facts | {"folds": facts["folds"][:1]})
    with pytest.raises(NotApplicable, match="one origin only"):
        migration.draw(replace(segmentation, problem=one))


def test_value_by_segment(segmentation, whole):
    _, frames = segmented(segmentation)
    table = value._by_segment(frames[-1])
    assert table["customers"].sum() == pytest.approx(1)
    assert table["worth"].sum() == pytest.approx(1)
    own = frames[-1][frames[-1]["segment"] == 1]
    assert table.loc[1, "value"] == pytest.approx(own["value"].mean())
    assert table.loc[1, "buys"] == pytest.approx((own["purchases"] > 0).mean())
    assert (table["value_lower"] < table["value"]).all()
    assert (table["value"] < table["value_upper"]).all()
    whole(value.draw(segmentation))


def test_value_needs_values(segmentation):
    problem = replace(
        segmentation.problem, solution=segmentation.problem.solution.drop(columns=["value", "purchases"])
    )
    with pytest.raises(NotApplicable, match="holds no value"):
        value.draw(replace(segmentation, problem=problem))


@pytest.mark.parametrize("name", ["segments", "value", "migration"])
def test_scores_are_no_segments(churn, name):
    with pytest.raises(NotApplicable, match="gave no segments"):
        registry.module("plots", name).draw(churn)


@pytest.mark.parametrize("name", ["segments", "value", "migration", "stability"])
def test_segments_are_drawn_the_same_twice(segmentation, name):
    picture = registry.module("plots", name)
    assert picture.draw(segmentation).png() == picture.draw(segmentation).png()
