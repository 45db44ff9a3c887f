"""Pictures of recommendations: every method and part is there, and the same bytes come again."""

from __future__ import annotations

import numpy as np
import pytest
from small_comparisons import SMALL

from crmlab.errors import NotApplicable
from crmlab.findings.trust import habits_and_news
from crmlab.plots import exposure, recall_by_activity, recall_parts


@pytest.fixture(scope="module")
def comparison(make, tmp_path_factory):
    """The small comparison of lists."""
    with SMALL["cross_sell"](make, tmp_path_factory.mktemp("pictures")) as found:
        yield found


@pytest.fixture(scope="module")
def parts(comparison):
    """What is found of each sort."""
    return habits_and_news.find(comparison)


def test_the_bars_are_as_long_as_the_recall(parts):
    (axes,) = recall_parts.draw(parts).axes
    labels = [tick.get_text() for tick in axes.get_yticklabels()]
    assert labels == list(parts.head().index)
    length = dict.fromkeys(labels, 0.0)
    for bar in axes.patches:
        length[labels[round(bar.get_y() + bar.get_height() / 2)]] += bar.get_width()
    recall = parts.of_band("all").groupby("label")["found"].sum()
    assert length == pytest.approx(recall.to_dict())


def test_the_lines_are_the_recall_by_activity(parts):
    left, right = recall_by_activity.draw(parts).axes
    rows = parts.table[(parts.table["band"] != "all") & (parts.table["sort"] == "repeat")]
    for line in left.get_lines():
        own = rows[rows["label"] == line.get_label()]
        np.testing.assert_allclose(line.get_ydata(), own["recall"], rtol=1e-12)
    assert len(left.get_lines()) == len(right.get_lines()) == 2


def test_exposure_begins_at_nothing_and_ends_with_everything(comparison):
    (axes,) = exposure.draw(comparison).axes
    curves = {line.get_label(): line.get_ydata() for line in axes.get_lines()}
    for run in comparison.runs:
        curve = np.asarray(curves[run.label])
        assert (curve[0], curve[-1]) == (0, pytest.approx(1))
        assert (np.diff(curve) >= -1e-12).all()
    # ten of forty products are shown to everyone, each as often as any other
    popular = np.interp(0.25, np.linspace(0, 1, 201), curves["Popularity (the same for all)"])
    assert popular == pytest.approx(1.0)


def test_the_same_bytes_come_again(comparison, parts):
    for draw, subject in ((recall_parts, parts), (recall_by_activity, parts), (exposure, comparison)):
        assert draw.draw(subject).png() == draw.draw(subject).png()


def test_without_lists_there_is_no_picture(make):
    problem = make.rolling(n=40)
    run = make.answered(problem, "one", answer=lambda f, s: 0.5)
    nothing = type("Nothing", (), {"runs": [run], "problem": problem, "order": lambda self: [run.method]})()
    with pytest.raises(NotApplicable, match="no method answered with lists"):
        exposure.draw(nothing)
