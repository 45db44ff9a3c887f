"""The picture of two protocols: every method's two values, joined by a line, and labels apart."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmlab import registry
from crmlab.errors import NotApplicable
from crmlab.plots import protocols


def found(n: int = 3, *, lowest: float = 0.70) -> SimpleNamespace:
    """Return what the picture reads: n methods, of which the last is the status quo."""
    first = np.linspace(0.75, lowest, n)
    values = {"first": first, "second": first[::-1] + 0.1, "gap": first[::-1] + 0.1 - first}
    columns = {
        f"{side}{end}": v + step
        for side, v in values.items()
        for end, step in (("", 0), ("_lower", -0.02), ("_upper", 0.02))
    }
    about = {
        "method": [f"m{i}" for i in range(n)],
        "label": [f"Method {i}" for i in range(n)],
        "control": [""] * (n - 1) + ["status_quo"],
    }
    return SimpleNamespace(
        task="acquisition",
        problems=("late", "mixed"),
        first="a hold-out in time",
        second="a random split",
        metric=registry.metric("auc"),
        level=0.95,
        methods=pd.DataFrame(about | columns),
    )


def test_a_line_joins_the_two_values_of_each_method(whole):
    given_ = found()
    figure = protocols.draw(given_)
    lines = {ln.get_label(): ln.get_ydata() for ln in figure.axes[0].get_lines()}
    for row in given_.methods.itertuples():
        np.testing.assert_allclose(lines[row.label], [row.second, row.first])
    texts = whole(figure)
    assert {"a random split", "a hold-out in time", "Method 0  0.800 → 0.750"} <= set(texts)
    assert figure.title == "Acquisition · mixed → late"


def test_many_names_do_not_lie_over_each_other(whole):
    figure = protocols.draw(found(18, lowest=0.66))
    whole(figure)
    places = sorted(t.get_position()[1] for t in figure.axes[0].texts)
    heights = [t.get_window_extent().height for t in figure.axes[0].texts]
    to_pixels = figure.axes[0].transData.transform
    steps = np.diff([to_pixels((0, y))[1] for y in places])
    assert len(places) == 18
    assert steps.min() > 0.8 * max(heights)


def test_nothing_beside_is_no_picture():
    with pytest.raises(NotApplicable, match="no other problem"):
        protocols.draw(None)


def test_spread_by_hand():
    # two at one place move half a step each; one far away stays
    assert protocols.spread(np.array([1.0, 5.0, 1.0]), apart=1.0).tolist() == [0.5, 5.0, 1.5]


@settings(max_examples=60, deadline=None)
@given(values=st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_spread_keeps_order_and_distance(values):
    values = np.array(values)
    at = protocols.spread(values, apart=0.05)
    order = np.argsort(values, kind="stable")
    assert (np.diff(at[order]) >= 0.05 - 1e-9).all()
    assert at.mean() == pytest.approx(values.mean())
