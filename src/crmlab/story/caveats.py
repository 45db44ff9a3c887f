"""Caveats: what limits a comparison's answer, computed from the facts of its problem."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from crmlab import registry, store
from crmlab.story import baskets
from crmlab.vocabulary import OK

FEW = 100
"""Fewer test rows of a class than this in a window make its numbers shaky."""


def of(comparison: Any) -> list[str]:
    """Return what limits a comparison's answer, one sentence each (Markdown)."""
    known = comparison.problem.facts
    on_baskets = comparison.problem.protocol.on_baskets
    said = [
        *(baskets.limits(comparison) if on_baskets else _of_protocol(comparison)),
        *_of_censoring(comparison),
        *_of_population(known),
        *_of_truth(comparison),
    ]
    said += [
        f"`{column}` was kept from the methods: {reason}."
        for column, reason in known.get("barred", {}).items()
    ]
    if known.get("families_skipped"):
        said.append(f"No data for these feature families: {', '.join(known['families_skipped'])}.")
    failed = [r.label for r in comparison.runs if r.status != OK]
    if failed:
        said.append(f"Without an answer, so not ranked: {', '.join(failed)}.")
    return said


def _of_protocol(comparison: Any) -> list[str]:
    """Return what the protocol leaves open."""
    known, protocol = comparison.problem.facts, comparison.problem.protocol
    tests = [w["base_rate_test"] for w in known["windows"]]
    said = []
    if not protocol.in_time:
        said.append("The split is random: the numbers hold for customers like these, not for later ones.")
        if "period" in known["roles"]:
            said.append(
                "These rows have an order in time, so a random split lets a method read the calendar: "
                "the chronological protocol is the primary one."
            )
    else:
        said.append(f"The intervals vary {comparison.varies}: another year may differ by more.")
    said += _of_base_rates(known["windows"])
    if known.get("rows_out_of_order"):
        said.append(
            f"{known['rows_out_of_order']:,} of {known['n_rows']:,} rows do not stand in the order of their "
            "periods: that the periods follow each other in time is an assumption."
        )
    if known.get("left_out"):
        said.append(f"Left out of the columns on purpose: {', '.join(known['left_out'])}.")
    rarest = min(
        min(w["n_test"] * r, w["n_test"] * (1 - r)) for w, r in zip(known["windows"], tests, strict=True)
    )
    if rarest < FEW:
        said.append(
            f"A test window holds only {rarest:.0f} rows of the rarer outcome: its numbers are shaky."
        )
    if protocol.on_events and len(tests) == 1:
        one = "test origin" if "followed_until" not in known["spec"] else "window of stacked landmarks"
        said.append(f"There is one {one}: nothing is known of how the answer moves over time.")
    return said


def _of_censoring(comparison: Any) -> list[str]:
    """Say what stands in for the rows that were followed for too short a time, and what cannot be told."""
    known = comparison.problem.facts
    window, spec = known["windows"][-1], known["spec"]
    if not window.get("n_censored_test"):
        return []
    share = window["followed_share"]
    said = [
        f"{window['n_censored_test']:,} of {window['n_test']:,} test rows are censored: their landmarks come "
        f"less than {known['horizon_days']} days before {spec['followed_until']}. The chance to be followed "
        f"to the horizon is {share:.0%}, so that each row known there stands for {1 / share:.1f}. This is "
        "right as far as later landmarks are like earlier ones."
    ]
    if window["n_train"] and window["base_rate_train"] is None:
        said.append(
            f"No train row was followed for all {known['horizon_days']} days: beyond the longest follow-up a "
            "method's curve is a guess of its own, and most stay flat there."
        )
    answered = comparison.scores.values["method"].isin([r.method for r in comparison.runs if r.status == OK])
    values = comparison.scores.values[answered].groupby("metric", sort=False)["value"]
    untold = [registry.metric(metric).label for metric, v in values if v.isna().all()]
    if untold:
        said.append(
            f"Not told, as it needs the outcome of every test row at the horizon: {', '.join(untold)}."
        )
    return said


def _of_base_rates(windows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Say in which test windows the base rate is far from the one in training."""
    moved = [
        f"{w['base_rate_train']:.1%} to {w['base_rate_test']:.1%} "
        f"({w['cutoff'] or 'window ' + str(w['window'] + 1)})"
        for w in windows
        if w["base_rate_train"] and not 2 / 3 < w["base_rate_test"] / w["base_rate_train"] < 3 / 2
    ]
    if not moved:
        return []
    return [
        f"The base rate moved from training to test: {', '.join(moved)}. Scores are not calibrated for the "
        "later time."
    ]


def _of_population(known: Mapping[str, Any]) -> list[str]:
    """Return who is in the problem, who is not, and what the outcome cannot see."""
    said = []
    if known.get("origins"):
        last = known["origins"][-1]
        if last["first_seen_after_cutoff"]:
            said.append(
                f"{last['first_seen_after_cutoff']:,} customers were first seen after the last cutoff "
                f"({last['cutoff']}): nothing is said about them."
            )
        most = "at most " if "followed_until" in known["spec"] else ""
        said.append(
            f"The outcome looks {most}{known['horizon_days']} days ahead: what comes later counts as if it "
            "never came."
        )
    if known["spec"].get("population"):
        kept = ", ".join(f"{k} = {v}" for k, v in known["spec"]["population"].items())
        said.append(f"Only customers with {kept}.")
    if known.get("left_censored_rows"):
        said.append(
            f"{known['left_censored_rows']:,} rows are of customers first seen before "
            f"{known['left_censored_before']}: their true first purchase is unknown, and "
            "buy-till-you-die methods are not fitted on them."
        )
    return said


def _of_truth(comparison: Any) -> list[str]:
    """Return the caveat of a simulated data set."""
    made = store.fingerprint_file(comparison.problem.facts["dataset"])
    if not made.is_file() or "truth" not in store.read_json(made, made_by="crmlab tables"):
        return []
    return [
        "The data are simulated and hold what was planted: the ranking need not carry over to a real shop."
    ]
