"""What notebooks show besides pictures: tables and prose, computed from a comparison or a data set."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from crmlab import caveats, registry, store
from crmlab.declared import described
from crmlab.errors import NotApplicable
from crmlab.metrics._spend import REVENUE
from crmlab.plots import differences
from crmlab.vocabulary import CATEGORICAL, CHANCE, NUMERIC, OK

TYPE = re.compile(r"(.*?)(?:, ([\d,]+) null)?")
"""How a fingerprint writes a column: its type, then the number of missing values if there are any."""
LONGEST = 120
"""Characters of a note in a table."""


class Prose(str):
    """Text that a notebook shows as Markdown."""

    def _repr_markdown_(self) -> str:
        """Return the text for a notebook."""
        return str(self)


class Missing(Prose):
    """Why there is nothing to show. It is false, so that `found and found.table` is this reason."""

    def __bool__(self) -> bool:
        """Return False."""
        return False


class Table(pd.DataFrame):
    """A frame that a notebook shows whole, long texts too."""

    def _repr_html_(self) -> str:
        """Return the table for a notebook."""
        with pd.option_context("display.max_colwidth", None, "display.max_rows", None):
            return super()._repr_html_()


def picture(name: str, subject: Any) -> Any:
    """Return the picture `name` of a comparison or data set, or a sentence that says why there is none.

    Raises UsageError for a name that no picture has ('did you mean').
    """
    if isinstance(subject, Missing):
        return subject
    try:
        return registry.module("plots", name).draw(subject)
    except NotApplicable as reason:
        return Prose(f"*No picture of {name.replace('_', ' ')}: {reason}.*")


def tried(make: Callable[..., Any], *subjects: Any) -> Any:
    """Return what a function makes of its subjects, or why it does not apply."""
    try:
        return make(*subjects)
    except NotApplicable as reason:
        return Missing(f"*{str(reason)[:1].upper()}{str(reason)[1:]}.*")


def said(sentences: Any) -> Prose:
    """Return sentences as paragraphs, the first one in bold; that there is nothing to say for None."""
    if isinstance(sentences, Missing):
        return sentences
    first, *rest = [sentences] if isinstance(sentences, str) else (sentences or ("There is nothing to say.",))
    return Prose("\n\n".join([f"**{first}**", *rest]))


def table(frame: pd.DataFrame | Missing) -> Table | Prose:
    """Return a frame shown whole, or a sentence where it is empty or missing."""
    if isinstance(frame, Missing):
        return frame
    return Table(frame) if len(frame) else Prose("*Nothing to show.*")


# --- the problem --------------------------------------------------------------------------------
def facts(comparison: Any) -> Table:
    """Return what a reader must know of the problem, one fact per row."""
    known = comparison.problem.facts
    roles = pd.Series(known["roles"], dtype="str").value_counts()
    rows = {
        "Question": registry.module("tasks", known["task"]).QUESTION,
        "Data set": described(known["dataset"]).label,
        "Who": f"{known['n_customers']:,} customers in {known['n_rows']:,} rows",
        f"Outcome ({known['positive']} = 1)": known["label"],
        "Base rate": f"{known['base_rate']:.1%}",
        "Protocol": _protocol(known),
        **_follow_up(known),
        **_money(comparison),
        "What the intervals vary": known["varies"],
        "Columns": f"{roles.get(NUMERIC, 0)} numeric, {roles.get(CATEGORICAL, 0)} categorical",
        "Primary metric": registry.find("metrics", comparison.primary).label,
        "Digest of the problem": known["digest"][:12],
    }
    return Table({"": rows.values()}, index=list(rows))


def _protocol(known: Mapping[str, Any]) -> str:
    """Return the protocol in words."""
    windows = len({f["window"] for f in known["folds"]})
    refits = max(f["refit"] for f in known["folds"])
    spec = known["spec"]
    if known["protocol"] == "rolling":
        origins = "origin" if windows == 1 else "origins"
        text = f"rolling: {windows} test {origins}, labels from the {known['horizon_days']} days after each"
        if "followed_until" in spec:
            text = f"stacked landmarks: {len(spec['test_cutoffs'])} test origins make one window, "
            text += f"labels from at most {known['horizon_days']} days after each"
        text += f", a gap of {known['gap_days']} days" if known["gap_days"] else ""
    elif known["protocol"] == "chronological":
        text = f"chronological: the first {spec['train_share']:.0%} of rows train, the rest test"
    elif known["protocol"] == "blocks":
        blocks = "block" if windows == 1 else "blocks"
        text = f"rolling blocks: {windows} test {blocks}, each after training on all rows before it"
    else:
        text = f"cross-validation: {spec['folds']} folds, {spec.get('repeats', 1)} times, stratified"
    if not refits:
        return text
    times = "once" if refits == 1 else f"{refits} times"
    return f"{text}; the last window refitted {times} with other seeds on bootstrapped train customers"


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
    if not any(registry.find("metrics", m).unit == REVENUE for m in comparison.metrics):
        return {}
    currency = described(comparison.problem.facts["dataset"]).currency
    unit = f" in {currency}" if currency else ""
    return {"Money": f"revenue{unit}: net spend in the label window, without what the goods cost"}


def windows(comparison: Any) -> Table:
    """Return the sizes and base rates of each test window; of a cross-validation the extremes."""
    known = comparison.problem.facts
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
    if known["protocol"] == "rolling":
        table = table.drop(columns="Test periods")
        for part in ("train", "test"):
            if f"n_censored_{part}" in known["windows"][0]:
                table[f"Censored, {part}"] = [w[f"n_censored_{part}"] for w in known["windows"]]
    else:
        table = table.drop(columns=["Cutoff", "Train origins"])
    if known["protocol"] == "cross_validation":
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


# --- the comparison -----------------------------------------------------------------------------
def field(comparison: Any) -> Table:
    """Return the methods that entered, in the roster's order: kind, role, parameters, source, notes."""
    rows = []
    for run in comparison.runs:
        parameters = ", ".join(f"{k} = {v}" for k, v in run.parameters.items())
        is_file = run.method in registry.names("methods")
        cite = (registry.find("methods", run.method).cite or "–") if is_file else "the data set's truth"
        role = (run.control or "method").replace("_", " ")
        state, note = run.status.replace("_", " "), run.note if run.status == OK else run.reason
        note = textwrap.shorten(note or "", LONGEST, placeholder=" …")
        rows.append((run.label, run.kind, role, parameters, cite, state, note))
    columns = ["Method", "Kind", "Role", "Parameters", "Source", "State", "Note"]
    table = pd.DataFrame(rows, columns=columns).set_index("Method")
    return Table(table if table["Note"].any() else table.drop(columns="Note"))


def ranking(comparison: Any) -> Table:
    """Return the board for readers: the primary metric with its interval, the others, why one is missing.

    A metric that no method has a value of, such as one of purchases where nobody counted them, is left out.
    """
    board = comparison.ranking()
    primary = registry.find("metrics", comparison.primary).label
    values = board[[primary, "lower", "upper"]].itertuples(index=False)
    # spaces that do not break: a wide board leaves its columns little room
    with_interval = [
        "" if pd.isna(v) else f"{v:.3f}\u00a0[{low:.3f},\u00a0{high:.3f}]" for v, low, high in values
    ]
    labels = [registry.find("metrics", m).label for m in comparison.metrics if m != comparison.primary]
    others = [label for label in labels if board[label].notna().any()]
    shown = board.assign(**{primary: with_interval})[["Method", "Control", primary, *others, "Note"]]
    shown[others] = shown[others].map(lambda v: "" if pd.isna(v) else f"{v:z.3f}")
    missing = board[primary].isna()
    why = board.loc[missing, "Note"].map(lambda note: textwrap.shorten(note, LONGEST, placeholder=" …"))
    shown["Note"] = why.reindex(board.index, fill_value="")
    return Table(shown.set_index("Method").drop(columns=[] if missing.any() else "Note"))


def leads(comparison: Any) -> pd.DataFrame:
    """Return the champion's lead over every other method, with simultaneous intervals."""
    try:
        found = differences.leads(comparison)
    except NotApplicable:
        return pd.DataFrame()
    best = comparison.run_of(comparison.verdict.champion).label
    return pd.DataFrame(
        {
            f"{best} over": [comparison.run_of(m).label for m in found["method"]],
            "Lead": found["lead"].round(4),
            "lower": found["lower"].round(4),
            "upper": found["upper"].round(4),
            "p (adjusted)": found["p_adjusted"].round(4),
            "Real": [_real(lead) for lead in found.itertuples()],
        }
    ).set_index(f"{best} over")


def over_chance(comparison: Any, metric: str) -> Table | Prose:
    """Return what each method has by a metric beyond the mark of chance, with simultaneous intervals.

    The mark is the control that answers the same for everyone: where treating all customers alike
    already earns much, a value alone says little of a ranking.
    """
    control = next((r for r in comparison.runs if r.control == CHANCE and r.status == OK), None)
    pairs = comparison.scores.pairs[metric]
    mine = pairs[(pairs["a"] == control.method) | (pairs["b"] == control.method)] if control else pairs[:0]
    if mine.empty:
        return Prose("*No method stands beside the mark of chance by this measure.*")
    declared, values = (
        registry.find("metrics", metric),
        comparison.of_metric(metric).set_index("method")["value"],
    )
    sign = np.where(mine["b"] == control.method, 1, -1)
    ends = np.sort([sign * mine["lower"], sign * mine["upper"]], axis=0)
    methods = np.where(sign > 0, mine["a"], mine["b"])
    labels = {r.method: r.label for r in comparison.runs}
    found = pd.DataFrame(
        {
            "Method": [labels[m] for m in methods],
            declared.label: [f"{values[m]:,.3f}" for m in methods],
            f"Beyond {control.label}": [
                f"{gain:+.3f} [{low:+.3f}, {high:+.3f}]"
                for gain, low, high in zip(sign * mine["difference"], *ends, strict=True)
            ],
            "gain": sign * mine["difference"],
        }
    )
    best = found.sort_values("gain", ascending=not declared.higher_is_better, kind="stable")
    return Table(best.drop(columns="gain").set_index("Method"))


def _real(lead: Any) -> str:
    """Return whether a lead is one, in a word."""
    if not lead.is_real:
        return "not established"
    return "yes" if lead.lead > 0 else "it is behind"


def rules(comparison: Any) -> Table | Prose:
    """Return the rules of a shallow tree, each judged again on the test rows, the surest first.

    Precision (the share of a rule's customers with an outcome of 1) and lift with their intervals;
    a reason where no rule can be learned.
    """
    from crmlab.why import rules as learned
    from crmlab.why.window import last_window

    window = tried(last_window, comparison)
    if not window:
        return window
    found = learned.rules(window)
    shown = {
        "Customers": [f"{n:,}" for n in found["n"]],
        "Support": [f"{s:.1%}" for s in found["support"]],
        "Precision": _with_interval(found, "precision", ".1%"),
        "Lift": _with_interval(found, "lift", ".2f"),
        "Precision, train": _with_interval(found, "train_precision", ".1%"),
        "Note": found["note"],
    }
    return table(pd.DataFrame(shown).set_axis(found["rule"].rename("Rule"))) if len(found) else table(found)


def _with_interval(found: pd.DataFrame, name: str, form: str) -> list[str]:
    """Return a column with its interval as texts, nothing where it has no value."""
    ends = found[[name, f"{name}_lower", f"{name}_upper"]].itertuples(index=False)
    return ["" if pd.isna(v) else f"{v:{form}} [{low:{form}}, {high:{form}}]" for v, low, high in ends]


def verdict(comparison: Any) -> Prose:
    """Return the verdict's sentences, the first one in bold."""
    first, *rest = comparison.verdict.sentences
    return Prose("\n\n".join([f"**{first}**", *rest]))


def limits(comparison: Any) -> Prose:
    """Return what limits the answer, computed from the facts of the problem."""
    return Prose("\n".join(f"- {sentence}" for sentence in caveats.of(comparison)))


# --- data sets ----------------------------------------------------------------------------------
def tables(dataset: str) -> Table:
    """Return a data set's canonical tables: rows, columns, first and last event, digest."""
    found = _fingerprint(dataset)["tables"]
    rows = [
        (name, f"{t['rows']:,}", len(t["columns"]), t.get("first", ""), t.get("last", ""), t["digest"][:12])
        for name, t in found.items()
    ]
    names = ["Table", "Rows", "Columns", "First", "Last", "Digest"]
    return Table(pd.DataFrame(rows, columns=names).set_index("Table"))


def columns(dataset: str) -> Table:
    """Return every column of every table with its type and how many values it lacks."""
    rows = [
        (table, column, *TYPE.fullmatch(text).groups(default=""))
        for table, known in _fingerprint(dataset)["tables"].items()
        for column, text in known["columns"].items()
    ]
    names = ["Table", "Column", "Type", "Missing"]
    return Table(pd.DataFrame(rows, columns=names).set_index(["Table", "Column"]))


def quality(dataset: str) -> Table:
    """Return what the cleaning flags mark (lines, amounts, shares), and the oddities that were counted."""
    known = _fingerprint(dataset)
    money = f"Amount {known['currency']}".strip()
    rows = {
        flag: {
            "Lines": f"{f['lines']:,}",
            "Share of lines": f"{f['share_of_lines']:.2%}",
            money: f"{f['amount']:,.2f}",
            "Share of gross revenue": _share(f),
        }
        for flag, f in known.get("flags", {}).items()
    }
    rows |= {note: {"Lines": f"{count:,}"} for note, count in known.get("notes", {}).items()}
    return Table(pd.DataFrame.from_dict(rows, orient="index").fillna("").rename_axis("Mark"))


def _share(flag: Mapping[str, Any]) -> str:
    """Return a flag's share of gross revenue as text."""
    share = flag["share_of_gross_revenue"]
    return "" if share is None else f"{share:.2%}"


def _fingerprint(dataset: str) -> dict[str, Any]:
    """Return a data set's fingerprint."""
    return store.read_json(store.fingerprint_file(dataset), made_by=f"crmlab tables {dataset}")
