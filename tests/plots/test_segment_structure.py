"""Pictures of structure: points, silhouettes, profiles and the number of segments are the method's own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import silhouette_score

from crmlab.comparison.answers import segmented
from crmlab.errors import NotApplicable
from crmlab.maths.encoding import segment_input
from crmlab.plots import segment_count, segment_map, silhouettes, snake
from crmlab.plots._points import called, clustered, points

CURVE = [
    {"k": k, "stability": 0.9, "stability_values": [0.85, 0.9, 0.95], "gap": 0.1 * k, "gap_se": 0.01}
    | {"bic": 100.0 - k, "icl": 110.0 - k}
    for k in range(2, 6)
]


def chosen(comparison, k, *, rejects, curve=CURVE):
    """Return the comparison with a method that tells how it chose k."""
    gate = {"test": "dip", "p": 0.0004 if rejects else 0.31, "alpha": 0.01, "rejects": rejects, "rows": 60}
    choice = {"gate": gate, "rule": "the most stable", "k": k, "curve": curve}
    runs = [
        replace(r, details={0: {}, 1: {"choice": choice}}) if r.method == "clustering/kmeans" else r
        for r in comparison.runs
    ]
    return replace(comparison, runs=runs)


def one_segment(comparison):
    """Return the comparison with everyone in segment 0."""
    return replace(
        comparison, runs=[replace(r, answers=r.answers.assign(segment=0)) for r in comparison.runs]
    )


def test_profiles_are_means_on_the_clustered_scale(segmentation, whole):
    method, frames = segmented(segmentation)
    frame = frames[-1]
    texts = whole(snake.draw(segmentation))
    for number, share in frame["segment"].value_counts(normalize=True).items():
        assert f"{called(segmentation, method, [number])[0]} ({share:.0%})" in texts
    lines = {line.get_label(): line.get_ydata() for line in snake.draw(segmentation).axes[0].get_lines()}
    scaled = segment_input().fit_transform(frame[clustered(segmentation)])
    mine = (frame["segment"] == 0).to_numpy()
    np.testing.assert_allclose(
        lines[f"{called(segmentation, method, [0])[0]} ({mine.mean():.0%})"], scaled[mine].mean(axis=0)
    )


def test_the_map_names_its_axes_by_what_makes_them(segmentation, whole):
    texts = whole(segment_map.draw(segmentation))
    assert set(called(segmentation, "clustering/kmeans", [0, 1])) <= set(texts)
    axes = segment_map.draw(segmentation).axes[0]
    assert "of the spread:" in axes.get_xlabel()
    assert sum(len(drawn.get_offsets()) for drawn in axes.collections) == len(points(segmentation, None)[1])


def test_silhouettes_show_the_mean_that_scikit_learn_gives(segmentation, whole):
    _, frame, scaled = points(segmentation, None)
    mean = silhouette_score(scaled, frame["segment"])
    assert any(f"mean {mean:.2f} (dotted)" in text for text in whole(silhouettes.draw(segmentation)))


@pytest.mark.parametrize("picture", [snake, silhouettes])
def test_one_segment_has_no_profile_beside_another(segmentation, picture):
    with pytest.raises(NotApplicable, match="one segment"):
        picture.draw(one_segment(segmentation))


def test_one_segment_is_a_map_too(segmentation, whole):
    assert "0: all customers" in whole(segment_map.draw(one_segment(segmentation)))


@pytest.mark.parametrize(
    ("k", "rejects", "said"), [(3, True, "structure, p < .001"), (1, False, "no structure, p .310")]
)
def test_the_number_of_segments_and_why(segmentation, whole, k, rejects, said):
    texts = whole(segment_count.draw(chosen(segmentation, k, rejects=rejects)))
    assert f"kmeans\n{said}\nk = {k}" in texts
    assert "BIC" in texts


def test_a_method_without_density_says_so(segmentation, whole):
    curve = [step | {"bic": None, "icl": None} for step in CURVE]
    assert "no density" in whole(segment_count.draw(chosen(segmentation, 3, rejects=True, curve=curve)))


def test_where_nobody_chooses_there_is_no_picture(segmentation):
    with pytest.raises(NotApplicable, match="no method chose"):
        segment_count.draw(segmentation)
