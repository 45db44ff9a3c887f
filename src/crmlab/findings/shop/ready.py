"""Ready: which questions can be asked of a shop, what would be needed for the others, and where to begin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import ibis
import numpy as np
import pandas as pd

from crmlab import params, registry, store
from crmlab.data.fingerprints import check_whole, fingerprint
from crmlab.errors import CrmlabError, NotApplicable
from crmlab.history.windows import Window, before, label_windows
from crmlab.maths.detectable import auc_difference, rate_difference
from crmlab.params import prices
from crmlab.problems import visitors
from crmlab.problems.on_demand import own_spec

FEWEST_EVENTS: Final = 50
"""With fewer in the last window a lead of any method stays undecided (see docs/protocols.md)."""

RECORD: Final = {
    "products": "what each product costs: lists then earn money, not revenue",
    "customers": "consent and source of each customer, once, at the first order",
    "sessions": "visits with who is signed in: without them nobody can be won",
    "events": "looks, searches and carts with time and product",
    "contacts": "each mailing: to whom, when, what it cost, and a coin that leaves some out",
    "consents": "who agreed to what, by which channel, since when",
    "fulfilment": "promised, shipped and delivered of each order",
    "tickets": "service requests with opening and answer",
    "reviews": "scores with their day",
    "memberships": "who joined and who left, if there is a club or a subscription",
    "assortment": "from when until when each product is on offer",
}
"""What to record, by what it opens first: the cheap and the most useful before the rest."""


@dataclass(frozen=True)
class Ready:
    """What can be asked of a data set.

    table: one row per question: `task`, `question`, `can_be_asked`, `because` (why not, '' if it can),
    `there` and `missing` (tables that it reads), `windows`, `cutoff` (of the last), `horizon_days`,
    `customers`, `events` and `base_rate` of the last window, `least_rate` (the smallest difference of the
    outcome's rate between two halves of these customers) and `least_auc` (the smallest difference of two
    methods' areas), both found with a chance of 80 %; nan where there is none. begin: what to record first.
    prices: what the shop says of its money, in words, '' where it says nothing.
    """

    dataset: str
    table: pd.DataFrame
    begin: tuple[str, ...]
    prices: str = ""

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say what can be asked, of how many, and where to begin."""
        can = self.table[self.table["can_be_asked"]]
        cannot = self.table[~self.table["can_be_asked"]]
        said = [f"{len(can)} of {len(self.table)} questions can be asked of {self.dataset}."]
        said += [f"{row.question} cannot: {row.because}." for row in cannot.itertuples()]
        few = can[can["events"] < FEWEST_EVENTS]
        said += [
            f"{row.question} has {row.events:,.0f} events in its last window, fewer than {FEWEST_EVENTS}: no "
            "method's lead will be sure. Take a longer horizon, or wait."
            for row in few.itertuples()
        ]
        said += [f"The shop's own prices: {self.prices}."] if self.prices else []
        return (*said, *(f"Record first: {what}." for what in self.begin))

    def head(self) -> pd.DataFrame:
        """Return the table for readers."""
        rows = [_shown(row) for row in self.table.itertuples()]
        return pd.DataFrame(rows, index=pd.Index(self.table["question"], name="Question"))


def _shown(row: Any) -> dict[str, str]:
    """Return one question for readers."""
    has = row.can_be_asked and np.isfinite(row.customers)
    rate, area = (f"{v:.1%}" if np.isfinite(v) else "" for v in (row.least_rate, row.least_auc))
    return {
        "Can be asked": "yes" if row.can_be_asked else f"no: {row.because}",
        "Tables there": ", ".join(row.there),
        "Would add": ", ".join(row.missing),
        "Windows": f"{row.windows}" if row.can_be_asked else "",
        "Last window": f"{row.cutoff}, {row.horizon_days:.0f} days" if has and row.cutoff else "",
        "Asked about": f"{row.customers:,.0f}" if has else "",
        "Events": f"{row.events:,.0f} ({row.base_rate:.1%})" if has else "",
        "Smallest difference of the rate": rate,
        "of two methods' AUC": area.replace("%", " points"),
    }


def find(dataset: str) -> Ready:
    """Return what can be asked of a data set, and what to record first.

    Nothing is fitted: of each question's last window those asked about and the events are counted. Raises
    NotApplicable where the data set has no tables yet, DataError where they were changed or damaged.
    """
    if not store.fingerprint_file(dataset).is_file() or not any(
        store.tables_folder(dataset).glob("*.parquet")
    ):
        raise NotApplicable(f"'{dataset}' has no tables yet: run `crmlab tables {dataset}` first")
    there = [*fingerprint(dataset)["tables"]]
    check_whole(dataset, there)
    rows = [_asked(dataset, task, there) for task in registry.names("tasks")]
    return Ready(dataset, pd.DataFrame(rows), _begin(there), prices.in_words(dataset))


def _begin(there: list[str]) -> tuple[str, ...]:
    """Return what to record first: three tables that are not there yet."""
    if "labelled" in there:
        return ("orders, one line per product, with customer and time: then every question can be asked",)
    return tuple(f"{table} ({why})" for table, why in RECORD.items() if table not in there)[:3]


def _asked(dataset: str, task: str, there: list[str]) -> dict[str, Any]:
    """Return the row of one question."""
    entry = registry.find("tasks", task)
    families = entry.families if entry.families is not None else registry.names("features")
    reads = {t for f in families for d in [registry.find("features", f)] for t in (*d.needs, *d.uses)}
    wanted = sorted({*entry.needs, *reads})
    row = {
        "task": task,
        "question": entry.question,
        "can_be_asked": True,
        "because": "",
        "there": tuple(t for t in wanted if t in there),
        "missing": tuple(t for t in wanted if t not in there),
    } | EMPTY
    try:
        return row | _counted(dataset, task, there)
    except CrmlabError as reason:
        return row | {"can_be_asked": False, "because": str(reason).rstrip(".").splitlines()[0]}


EMPTY: Final[Mapping[str, Any]] = {
    "windows": 0,
    "cutoff": "",
    **dict.fromkeys(
        ("horizon_days", "customers", "events", "base_rate", "least_rate", "least_auc"), float("nan")
    ),
}


def _counted(dataset: str, task: str, there: list[str]) -> dict[str, Any]:
    """Return the windows of a question, and who is asked about and has the outcome in the last one."""
    entry = registry.find("tasks", task)
    if "labelled" in there:
        return _of_rows(dataset, entry)
    lacking = [t for t in entry.needs if t not in there]
    if lacking:
        raise NotApplicable(f"there is no table of {' and '.join(lacking)}")
    spec = _spec(dataset, task)
    train, test = label_windows({"gap_days": 0, **spec}) if "test_cutoffs" in spec else ([], [])
    if not test:
        return {"windows": 1}
    connection = store.engine()
    tables = visitors.asked(store.open_tables(dataset, connection), spec, connection)
    last = max(test, key=lambda w: w.cutoff)
    found = _last_window(entry, tables, last, connection)
    return found | {"windows": len({w.cutoff for w in (*train, *test)})}


def _spec(dataset: str, task: str) -> Mapping[str, Any]:
    """Return how a question is posed of a data set: as params.yaml poses it first, else by the file."""
    posed = params.load().task(task).problems
    named = posed.get(dataset) or next((s for s in posed.values() if s["dataset"] == dataset), None)
    return named or own_spec(dataset, task)


def _of_rows(dataset: str, entry: Any) -> dict[str, Any]:
    """Return the counts of a table of rows with an outcome."""
    if entry.published_outcome is None or entry.history is not None:
        raise NotApplicable("it needs events, and these are rows with an outcome")
    connection = store.engine()
    labelled = store.open_tables(dataset, connection)["labelled"]
    outcome = connection.to_pyarrow(labelled.select("outcome")).to_pandas()["outcome"]
    return {"windows": 1} | _sizes(outcome)


def _last_window(entry: Any, tables: Mapping[str, Any], window: Window, connection: Any) -> dict[str, Any]:
    """Return who is asked about at the last cutoff, and how many have the outcome."""
    known = before(tables, window.cutoff)
    people = connection.to_pyarrow(entry.population(known, cutoff=window.cutoff))
    if not people.num_rows:
        raise NotApplicable(f"nobody could be asked about on {window.cutoff:%Y-%m-%d}")
    future = connection.to_pyarrow(entry.outcomes(tables, ibis.memtable(people), window)).to_pandas()
    outcome = future["outcome"] if "outcome" in future else (future["purchases"] > 0).astype("int64")
    return {
        "cutoff": window.cutoff.date().isoformat(),
        "horizon_days": float(window.horizon_days),
        **_sizes(outcome.dropna()),
    }


def _sizes(outcome: pd.Series) -> dict[str, Any]:
    """Return how many there are, how many have the outcome, and the differences that they can show."""
    n, events = len(outcome), int(outcome.sum())
    rate = events / n if n else float("nan")
    return {
        "customers": float(n),
        "events": float(events),
        "base_rate": rate,
        "least_rate": rate_difference(n, rate),
        "least_auc": auc_difference(events, n - events),
    }
