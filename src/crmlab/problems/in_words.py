"""Windows of a posed problem in words: when it asks about whom, and what nobody can tell there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

MOST: Final = 6
"""So many windows are told one by one."""


def windows_in_words(facts: Mapping[str, Any]) -> list[str]:
    """Return a sentence per window with a cutoff: who is asked about, how many the answer holds for.

    facts: of a posed problem. Windows without a cutoff (cross-validation) have none.
    """
    windows = _dated(facts)
    said = [_window(facts, w) for w in windows[:MOST]]
    return said + ([f"and {len(windows) - MOST} windows more"] if len(windows) > MOST else [])


def alike_in_words(facts: Mapping[str, Any]) -> list[str]:
    """Return a sentence per window in which all customers did the same: there no method has a value."""
    return [_alike(facts, w) for w in _dated(facts) if w["base_rate_test"] in (0.0, 1.0)]


def _dated(facts: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the windows that have a cutoff and a share of customers that the answer holds for."""
    return [w for w in facts.get("windows", []) if w.get("cutoff") and w.get("base_rate_test") is not None]


def _window(facts: Mapping[str, Any], window: Mapping[str, Any]) -> str:
    """Return one window in words."""
    learned = ""
    if window.get("n_train"):
        learned = f"; methods learn from {window['n_train']:,} rows before it"
        if window.get("base_rate_train") is not None:
            learned += f" ({window['base_rate_train']:.1%})"
    return (
        f"From {window['cutoff']} over {facts['horizon_days']} days: {window['n_test']:,} customers, "
        f"{window['base_rate_test']:.1%} {facts['positive']} ({facts['label']}){learned}"
    )


def _alike(facts: Mapping[str, Any], window: Mapping[str, Any]) -> str:
    """Return why nothing can be told in a window in which all customers did the same."""
    n, every = f"{window['n_test']:,}", window["base_rate_test"] == 1
    of_purchases = "purchase" in facts["label"]
    nobody_bought = of_purchases and every == facts["label"].startswith("no ")
    if nobody_bought:
        what = f"nobody of {n} bought"
    elif of_purchases:
        what = f"all {n} bought"
    else:
        what = f"{'all' if every else 'none'} of {n} {facts['positive']}"
    return (
        f"In the window from {window['cutoff']} {what}: there no method can be told from another. "
        "Bring data that go on until a time when some buy and some do not (for a part of them: --until)"
    )
