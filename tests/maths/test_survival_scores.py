"""Measures of survival against the peer's values, and by hand."""

from __future__ import annotations

import numpy as np
import pytest

from crmlab.maths import survival_scores
from crmlab.seeds import generator

# Freireich et al. 1963, weeks in remission, as printed in Cox 1972
WEEKS = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
WEEKS += [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
ENDED = np.array([1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0] + [1] * 21)
DURATION = np.array(WEEKS) + 0.5 * (1 - ENDED)
CHILD = np.arange(42)
SCORE = (CHILD * 17 % 42) // 2 / 10 + (CHILD >= 21)
TIMES = np.array([4.25, 8.25, 12.25, 16.25, 20.25])
CURVES = np.exp(-TIMES / 20 * np.exp(SCORE - 1)[:, None])
ONE = np.ones((1, 42))


TOLD = {
    # censored half a week later, so that no event shares its time: there both ways are one
    "apart": {
        "concordance": 0.6436122289055283,
        "brier": [
            0.1601493483016058,
            0.241562863696928,
            0.2193178883253324,
            0.2251335026856767,
            0.2025631360265074,
        ],
        "integrated": 0.21684262421799844,
        "auc": [
            0.7510204081632653,
            0.6606007362784472,
            0.7130847964610597,
            0.6688755743816752,
            0.7316233032549645,
        ],
        "mean": 0.6984681195552678,
    },
    "as printed": {
        "concordance": 0.6416517496172799,
        "brier": [
            0.16014934830160582,
            0.24274269835212994,
            0.220905557111973,
            0.22628185345700036,
            0.21309759588041807,
        ],
        "integrated": 0.2191383952530288,
        "auc": [
            0.7510204081632653,
            0.6585578842315369,
            0.710601880795681,
            0.667159017479001,
            0.7098365794432728,
        ],
        "mean": 0.6960415189184536,
    },
}
"""scikit-survival 0.28.0: concordance_index_ipcw, brier_score, cumulative_dynamic_auc on the above."""


@pytest.mark.parametrize(
    ("weeks", "duration", "beyond"),
    [("apart", DURATION, False), ("apart", DURATION, True), ("as printed", np.array(WEEKS, float), True)],
)
def test_values_are_those_of_scikit_survival(weeks, duration, beyond):
    given, told = (duration, ENDED, CURVES, TIMES, ONE), TOLD[weeks]
    found = survival_scores.concordance(duration, ENDED, SCORE, ONE, beyond=beyond)[0]
    assert found == pytest.approx(told["concordance"], abs=1e-12)
    np.testing.assert_allclose(survival_scores.brier(*given, beyond=beyond)[0], told["brier"], rtol=1e-12)
    integrated = survival_scores.integrated_brier(*given, beyond=beyond)[0]
    assert integrated == pytest.approx(told["integrated"], abs=1e-12)
    auc = survival_scores.auc_over_time(*given, beyond=beyond)[0]
    np.testing.assert_allclose(auc, told["auc"], rtol=1e-12)
    assert survival_scores.mean_auc(*given, beyond=beyond)[0] == pytest.approx(told["mean"], abs=1e-12)


def test_without_censoring_concordance_counts_pairs():
    """Three pairs: 3 before 1 is right, 3 before 2 is a tie, 2 before 1 is right."""
    duration, event, score = np.array([3.0, 2.0, 1.0]), np.ones(3), np.array([0.1, 0.5, 0.5])
    assert survival_scores.concordance(duration, event, score, np.ones((1, 3)))[0] == pytest.approx(2.5 / 3)


def test_who_is_followed_to_the_end_outlasts_who_ends_on_it():
    """At equal durations, the one that did not end is known to end later."""
    duration, event = np.array([90.0, 90.0]), np.array([1, 0])
    told = survival_scores.concordance(duration, event, np.array([0.9, 0.1]), np.ones((1, 2)))
    assert told.tolist() == [1.0]
    gone, stays = survival_scores.known_at(duration, event, np.array([90.0]))
    assert (gone[:, 0].tolist(), stays[:, 0].tolist()) == ([True, False], [False, True])


def test_followed_is_the_chance_to_be_watched_for_so_long():
    """By hand: one of the three at risk at 2 (the end at 2 comes first) is censored there: 2/3 afterwards."""
    duration, event = np.array([2.0, 2.0, 3.0, 4.0]), np.array([1, 0, 1, 1])
    found = survival_scores.followed(duration, event, np.ones((1, 4)), np.array([2.0, 2.5, 4.0]))
    np.testing.assert_allclose(found, [[1.0, 2 / 3, 2 / 3]])
    beyond = survival_scores.followed(duration, event, np.ones((1, 4)), np.array([2.0]), beyond=True)
    np.testing.assert_allclose(beyond, [[2 / 3]])


def test_observed_survival_is_kaplan_meier():
    """Klein and Moeschberger 2003, table 4.1A: .857 at 6 weeks, .448 at 23."""
    kept = survival_scores.observed_survival(
        np.array(WEEKS[:21], dtype=float), ENDED[:21], np.ones((1, 21)), np.array([5.0, 6.0, 30.0])
    )
    assert kept[0].round(3).tolist() == [1.0, 0.857, 0.448]


def test_weights_count_rows_in_every_measure():
    rng = generator(1, "weights")
    weights = rng.integers(0, 3, (2, 42))
    for measure in (survival_scores.integrated_brier, survival_scores.mean_auc):
        found = measure(DURATION, ENDED, CURVES, TIMES, weights)
        for value, count in zip(found, weights, strict=True):
            rows = np.repeat(CHILD, count)
            again = measure(DURATION[rows], ENDED[rows], CURVES[rows], TIMES, np.ones((1, len(rows))))
            assert again[0] == pytest.approx(value, abs=1e-12)
    found = survival_scores.concordance(DURATION, ENDED, SCORE, weights)
    rows = np.repeat(CHILD, weights[0])
    again = survival_scores.concordance(DURATION[rows], ENDED[rows], SCORE[rows], np.ones((1, len(rows))))
    assert again[0] == pytest.approx(found[0], abs=1e-12)


def test_parts_change_nothing(monkeypatch):
    weights = generator(1, "parts").integers(0, 3, (5, 42))
    whole = survival_scores.concordance(DURATION, ENDED, SCORE, weights)
    brier = survival_scores.brier(DURATION, ENDED, CURVES, TIMES, weights)
    monkeypatch.setattr(survival_scores, "CELLS", 100)
    parts = survival_scores.concordance(DURATION, ENDED, SCORE, weights)
    np.testing.assert_allclose(parts, whole, rtol=1e-12)
    np.testing.assert_allclose(
        survival_scores.brier(DURATION, ENDED, CURVES, TIMES, weights), brier, rtol=1e-12
    )


def test_censoring_is_made_up_for():
    """Half of the rows are followed for a short time: the measures stay near those of whole follow-up."""
    rng = generator(1, "censoring")
    n, times = 6000, np.array([10.5, 20.5, 30.5])
    risk = rng.normal(size=n)
    ends = np.ceil(rng.exponential(30 * np.exp(-risk)))
    curves = np.exp(-times / 30 * np.exp(risk)[:, None])
    watched = np.where(rng.random(n) < 0.5, rng.integers(1, 60, n) + 0.25, 90.0)
    one = np.ones((1, n))
    for measure in (survival_scores.integrated_brier, survival_scores.mean_auc):
        whole = measure(ends, np.ones(n), curves, times, one)[0]
        short = measure(np.minimum(ends, watched), ends <= watched, curves, times, one)[0]
        left_out = measure(
            ends[ends <= watched],
            np.ones((ends <= watched).sum()),
            curves[ends <= watched],
            times,
            np.ones((1, (ends <= watched).sum())),
        )[0]
        assert short == pytest.approx(whole, abs=0.01)
        assert abs(left_out - whole) > 2 * abs(short - whole)
