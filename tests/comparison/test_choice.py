"""Which segmentation to use: by the questions alone, and "stay with the status quo" can come out."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from crmlab.comparison.choice import recommend
from crmlab.comparison.run import Run
from crmlab.errors import NotApplicable
from crmlab.vocabulary import CHANCE, OK, STATUS_QUO

GOOD = {"stability_jaccard": (0.9, 0.85), "value_explained": (0.02, 0.01), "persistence_ari": (0.6, 0.5)}
UNSTABLE = GOOD | {"stability_jaccard": (0.5, 0.4)}
EMPTY = GOOD | {"value_explained": (0.001, -0.002)}


def segmentation(name, segments, *, control=None, structure=None):
    """Return a run of 200 customers in segments of the given sizes."""
    labels = np.repeat(np.arange(len(segments)), segments)
    answers = pd.DataFrame({"fold": 0, "row_id": np.arange(len(labels)), "segment": labels})
    gate = {"choice": {"gate": {"rejects": structure}}} if structure is not None else {}
    return Run(f"clustering/{name}", name, control, {}, name, OK, answers=answers, details={0: gate})


def compared(*entries, contenders=(), pairs=None):
    """Return a comparison of (run, scores) in this order of the primary metric."""
    rows = [
        {"method": run.method, "metric": metric, "value": value, "lower": lower}
        for run, scores in entries
        for metric, (value, lower) in scores.items()
    ]
    runs = {run.method: run for run, _ in entries}
    return SimpleNamespace(
        runs=list(runs.values()),
        scores=SimpleNamespace(values=pd.DataFrame(rows), pairs=pairs or {}),
        order=lambda: list(runs),
        run_of=runs.get,
        verdict=SimpleNamespace(champion=next(iter(runs)), contenders=contenders),
    )


USUAL = (segmentation("rfm", [100, 100], control=STATUS_QUO), EMPTY)
CHANCES = (segmentation("random", [100, 100], control=CHANCE), EMPTY)


def test_the_best_that_passes_every_question_is_recommended():
    found = recommend(
        compared(
            (segmentation("unstable", [100, 100], structure=True), UNSTABLE),
            (segmentation("small", [199, 1], structure=True), GOOD),
            (segmentation("good", [120, 80], structure=True), GOOD),
            USUAL,
            CHANCES,
        )
    )
    assert found.method == "clustering/good"
    assert found.table["Use"].to_dict() == {"unstable": "", "small": "", "good": "yes", "rfm": ""}
    assert found.table.loc["small", "Smallest (≥ 1 %)"] == "0.5% no"
    assert found.sentences[0].startswith("Use good: 2 segments")
    assert "The segments are not found again on other samples: unstable." in found.sentences
    assert any(s.endswith("too small to act on, or one segment only: small.") for s in found.sentences)


def test_what_it_says_beyond_rfm_must_hold_over_all_pairs():
    """The marginal interval lies above 0; that of the difference to one segment, over all pairs, does not."""
    one = (segmentation("one", [200], control=CHANCE), EMPTY)
    entries = ((segmentation("good", [120, 80]), GOOD), USUAL, one)

    def answer(lower):
        pair = {"a": "clustering/good", "b": "clustering/one", "difference": 0.02, "upper": 0.05}
        return recommend(
            compared(*entries, pairs={"value_explained": pd.DataFrame([pair | {"lower": lower}])})
        )

    assert answer(-0.001).method == "clustering/rfm"
    assert answer(0.001).method == "clustering/good"


def test_where_nothing_passes_the_status_quo_stays():
    found = recommend(compared((segmentation("new", [100, 100], structure=False), EMPTY), USUAL))
    assert found.method == "clustering/rfm"
    assert found.sentences[0].startswith("Stay with rfm")
    assert (
        "The test of structure finds none: any segments here are cuts through one crowd." in found.sentences
    )


def test_without_a_status_quo_nothing_is_recommended():
    found = recommend(compared((segmentation("new", [200]), {"value_explained": (np.nan, np.nan)})))
    assert found.method is None
    assert found.table.loc["new", "Found again (≥ .75)"] == "– no"


def test_equally_good_ones_are_named():
    entries = [(segmentation(n, [100, 100], structure=True), GOOD) for n in ("first", "second")]
    found = recommend(compared(*entries, USUAL, contenders=("clustering/second",)))
    assert found.method == "clustering/first"
    assert any("Equally good by the numbers: second" in s for s in found.sentences)


def test_no_structure_is_said_of_those_that_found_none():
    flat = (segmentation("flat", [200], structure=False), EMPTY)
    found = recommend(compared((segmentation("good", [120, 80], structure=True), GOOD), flat, USUAL))
    assert "No structure on the columns of: flat." in found.sentences


def test_scores_are_no_segments():
    run = Run("classification/logit", "Logit", None, {}, "k", OK, answers=pd.DataFrame({"score": [0.5]}))
    with pytest.raises(NotApplicable, match="no method gave segments"):
        recommend(compared((run, GOOD)))
