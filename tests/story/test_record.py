"""The last cell of a notebook: what it saves, writes and logs."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from crmlab import actions, story
from crmlab.story import record as recording


@pytest.fixture
def asked(monkeypatch):
    """Return what was asked of actions and tracking, in order."""
    calls = []
    monkeypatch.setattr(actions, "write", lambda *given: calls.append(("write", *given)))
    monkeypatch.setattr(recording, "track", lambda *given: calls.append(("track", *given)) or "is in MLflow")
    return calls


def test_lists_that_were_shown_are_handed_over_and_not_made_again(asked):
    comparison = SimpleNamespace(save=lambda output: asked.append(("save", output)))
    kept = object()
    assert recording.record(comparison, "pipeline", keep=kept) == "is in MLflow"
    made = {"keep": kept}
    assert asked == [
        ("save", "pipeline"),
        ("write", comparison, "pipeline", made),
        ("track", comparison, "pipeline", made),
    ]


def test_why_there_is_no_list_is_not_a_list(asked):
    comparison = SimpleNamespace(save=lambda output: None)
    recording.record(comparison, keep=story.Missing("*Nobody scored.*"))
    assert asked == [("write", comparison, "scratch", {}), ("track", comparison, "scratch", {})]
