"""The problem: who is asked about, what counts as the outcome, how it is divided, and on which data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from crmlab import registry
from crmlab.data.described import described
from crmlab.problems.coming_back import outcome_word
from crmlab.story import baskets
from crmlab.story.prose import Prose, Table
from crmlab.vocabulary import CATEGORICAL, NUMERIC, REVENUE

if TYPE_CHECKING:
    from crmlab.problems.problem import Problem


def facts(comparison: Any) -> Table:
    """Return what a reader must know of the problem, one fact per row."""
    known = comparison.problem.facts
    roles = pd.Series(known["roles"], dtype="str").value_counts()
    rows = {
        "Question": registry.find("tasks", known["task"]).question,
        "Data set": described(known["dataset"]).label,
        "Who": f"{known['n_customers']:,} customers in {known['n_rows']:,} rows",
        **_outcome(comparison.problem),
        "Protocol": _protocol(comparison.problem),
        **_follow_up(known),
        **_money(comparison),
        "What the intervals vary": comparison.varies,
        "Columns": f"{roles.get(NUMERIC, 0)} numeric, {roles.get(CATEGORICAL, 0)} categorical",
        "Primary metric": registry.metric(comparison.primary).label,
        "Digest of the problem": known["digest"][:12],
    }
    return Table({"": rows.values()}, index=list(rows))


def _outcome(problem: Problem) -> dict[str, str]:
    """Return what counts as the outcome, or which basket is looked for."""
    known = problem.facts
    if problem.protocol.on_baskets:
        return baskets.asked(known)
    return {
        f"Outcome ({outcome_word(problem)} = 1)": known["label"],
        "Base rate": f"{known['base_rate']:.1%}",
    }


def _protocol(problem: Problem) -> str:
    """Return the protocol in words."""
    folds = problem.facts["folds"]
    return WORDS[problem.protocol.name](problem.facts, len(folds))


def _rolling(known: Mapping[str, Any], windows: int) -> str:
    """Return what rolling origins, or stacked landmarks, are."""
    spec, origins = known["spec"], "origin" if windows == 1 else "origins"
    text = f"rolling: {windows} test {origins}, labels from the {known['horizon_days']} days after each"
    if "followed_until" in spec:
        text = f"stacked landmarks: {len(spec['test_cutoffs'])} test origins make one window, "
        text += f"labels from at most {known['horizon_days']} days after each"
    return text + (f", a gap of {known['gap_days']} days" if known["gap_days"] else "")


def _chronological(known: Mapping[str, Any], windows: int) -> str:
    """Return what one hold-out in time is."""
    return f"chronological: the first {known['spec']['train_share']:.0%} of rows train, the rest test"


def _blocks(known: Mapping[str, Any], windows: int) -> str:
    """Return what rolling blocks are."""
    blocks = "block" if windows == 1 else "blocks"
    return f"rolling blocks: {windows} test {blocks}, each after training on all rows before it"


def _cross_validation(known: Mapping[str, Any], windows: int) -> str:
    """Return what a random split is."""
    spec = known["spec"]
    return f"cross-validation: {spec['folds']} folds, {spec.get('repeats', 1)} times, stratified"


def _next_basket(known: Mapping[str, Any], windows: int) -> str:
    """Return what the first basket after each origin is."""
    origins = "origin" if windows == 1 else "origins"
    return (
        f"rolling: {windows} test {origins}, the first basket of the {known['horizon_days']} days after each"
    )


def _last_basket(known: Mapping[str, Any], windows: int) -> str:
    """Return what a last basket held out is."""
    return f"the last basket held out of everyone with at least {known['spec']['fewest_baskets']}"


WORDS: Final[Mapping[str, Callable[[Mapping[str, Any], int], str]]] = {
    "rolling": _rolling,
    "chronological": _chronological,
    "blocks": _blocks,
    "cross_validation": _cross_validation,
    "next_basket": _next_basket,
    "last_basket": _last_basket,
}
"""What is said of each protocol, from the facts of a problem and the number of its windows."""


def _follow_up(known: Mapping[str, Any]) -> dict[str, str]:
    """Return, where landmarks are stacked, how many rows were censored and when; else nothing."""
    if "followed_until" not in known["spec"]:
        return {}
    (window,) = known["windows"]
    told = {}
    for part, until in (("test", known["spec"]["followed_until"]), ("train", window["cutoff"])):
        short = [o for o in known["origins"] if o["cutoff"] in window[f"{part}_cutoffs"] and o["n_censored"]]
        when = ", ".join(f"{o['n_censored']} after {o['followed_days']} days ({o['cutoff']})" for o in short)
        total, censored = window[f"n_{part}"], window[f"n_censored_{part}"]
        told[f"Follow-up, {part} rows"] = (
            f"to the horizon or {until}, whichever comes first: {censored:,} of {total:,} rows are censored "
            f"({censored / max(total, 1):.0%})" + (f": {when}" if when else "")
        )
    return told


def _money(comparison: Any) -> dict[str, str]:
    """Return, where metrics are of revenue, what the money on the board is; else nothing."""
    if not any(registry.metric(m).unit == REVENUE for m in comparison.metrics):
        return {}
    currency = described(comparison.problem.facts["dataset"]).currency
    unit = f" in {currency}" if currency else ""
    return {"Money": f"revenue{unit}: net spend in the label window, without what the goods cost"}


def windows(comparison: Any) -> Table:
    """Return the sizes and base rates of each test window; of a cross-validation the extremes."""
    known, protocol = comparison.problem.facts, comparison.problem.protocol
    if protocol.on_baskets:
        return Table(baskets.windows(known).round(4))
    table = pd.DataFrame(
        {
            "Cutoff": [_cutoffs(w) for w in known["windows"]],
            "Test periods": [_span(w.get("test_periods")) for w in known["windows"]],
            "Train origins": [len(w.get("train_cutoffs", [])) for w in known["windows"]],
            "Train rows": [w["n_train"] for w in known["windows"]],
            "Base rate, train": [w["base_rate_train"] for w in known["windows"]],
            "Test rows": [w["n_test"] for w in known["windows"]],
            "Base rate, test": [w["base_rate_test"] for w in known["windows"]],
        },
        index=pd.Index([w["window"] + 1 for w in known["windows"]], name="Window"),
    )
    if protocol.on_events:
        table = table.drop(columns="Test periods")
        for part in ("train", "test"):
            if f"n_censored_{part}" in known["windows"][0]:
                table[f"Censored, {part}"] = [w[f"n_censored_{part}"] for w in known["windows"]]
    else:
        table = table.drop(columns=["Cutoff", "Train origins"])
    if protocol.resampled:
        table = table.drop(columns="Test periods").agg(["min", "max"]).rename_axis(f"Of {len(table)} splits")
        table = table.astype({c: int for c in table if c.endswith("rows")})
    return Table(table.round(4))


def _cutoffs(window: Mapping[str, Any]) -> str:
    """Return the cutoff of a window, or the first and last of its landmarks."""
    stacked = window.get("test_cutoffs", [])
    return f"{stacked[0]} to {stacked[-1]}" if len(stacked) > 1 else window["cutoff"] or "–"


def _span(periods: Sequence[int] | None) -> str:
    """Return the first and last of some periods as text."""
    return "–" if periods is None else " to ".join(f"{p:,}" for p in dict.fromkeys(periods))


def card(dataset: str) -> Prose:
    """Return a data set's card: what it is, its quirks, citation and licence."""
    known = described(dataset)
    source = f"*{known.cite}. Licence: {known.licence}.* {known.homepage}"
    barred = [f"- `{column}` is never a feature: {reason}." for column, reason in known.barred.items()]
    parts = [f"**{known.label}**", known.card.strip(), "\n".join(barred), source]
    return Prose("\n\n".join(part for part in parts if part))
