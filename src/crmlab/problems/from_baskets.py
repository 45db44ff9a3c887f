"""A task posed on baskets: everyone's purchases as the history, and a basket of each customer to be found.

By `next_basket` everyone who has bought before a cutoff is asked about, and the first basket within the
horizon is what happened. By `last_basket` the last basket of every customer with enough of them is held out,
whenever it was, so that others' purchases may lie after it: the protocol of most publications.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import ibis
import numpy as np
import pandas as pd

from crmlab.declare.task import Task
from crmlab.errors import NotApplicable, UsageError
from crmlab.history.windows import Window, label_windows
from crmlab.maths.next_basket.texts import BETWEEN, EXPLORE, NEW_CATEGORY, REPEAT
from crmlab.problems.baskets_read import baskets_read
from crmlab.problems.folds import Folds, rolling
from crmlab.problems.posed import Posed, numbered
from crmlab.vocabulary import CARRIED, NUMERIC, TEST

BY: Final = "product"
"""What an item is where the spec does not say: a product, else its `category`."""

FEWEST: Final = 3
"""So many baskets has a customer whose last one is held out, where the spec does not say."""

EVENTS: Final = ("customer", "at", "event", "basket", "item", "category", "amount")
"""The columns of the history (see crmlab.history.basket_events)."""


def pose(
    task: Task,
    tables: Mapping[str, ibis.Table],
    spec: Mapping[str, Any],
    *,
    last_day: dt.date | None,
    connection: ibis.BaseBackend,
) -> Posed:
    """Return the rows, folds, solution and history of a task on baskets.

    tables: whole canonical tables. spec: `by` says what an item is, and the protocol which basket is to be
    found. last_day: last day that the data cover (None: the day of the last basket). Raises UsageError where
    there are no baskets, where nobody is left to ask about, and for a label window beyond the data.
    """
    if "transactions" not in tables:
        raise UsageError(f"{task.label} on {spec['dataset']} needs the table 'transactions'")
    lines = _lines(task, tables, spec, connection)
    if not len(lines):
        raise UsageError(f"{task.label} on {spec['dataset']}: no known customer bought a known product")
    if spec["protocol"] == "last_basket":
        posed = _last_basket(lines, spec)
    else:
        posed = _next_basket(lines, spec, last_day=last_day or lines["at"].max().date())
    consents = _consents(tables, connection)
    if consents is None:
        return posed
    rows = posed.rows.assign(consent=posed.rows["customer"].map(consents))
    return replace(posed, rows=rows, roles=posed.roles | {"consent": CARRIED})


def _lines(
    task: Task, tables: Mapping[str, ibis.Table], spec: Mapping[str, Any], connection: ibis.BaseBackend
) -> pd.DataFrame:
    """Return EVENTS with `order` (0, 1, ... of a customer's baskets), by customer and time."""
    read = {name: tables[name] for name in baskets_read(tables)}
    try:
        events = task.history(read, by=spec.get("by", BY))
    except NotApplicable as reason:
        raise UsageError(f"{task.label} on {spec['dataset']}: {reason}") from None
    found = connection.to_pyarrow(events.order_by("customer", "at", "basket", "item")).to_pandas()
    found = found.assign(event="purchase")
    began = (found["customer"] != found["customer"].shift()) | (found["basket"] != found["basket"].shift())
    number = began.cumsum()
    found["order"] = number - number.groupby(found["customer"]).transform("first")
    return found.astype({"event": "str", "category": "str"})


def _consents(tables: Mapping[str, ibis.Table], connection: ibis.BaseBackend) -> pd.Series | None:
    """Return by customer 1 for who consented to be contacted, else 0; None where the data do not say."""
    customers = tables.get("customers")
    if customers is None or "consent" not in customers.columns:
        return None
    found = connection.to_pyarrow(customers.select("customer", "consent")).to_pandas()
    return found.set_index("customer")["consent"].astype("float64")


# --- the two protocols --------------------------------------------------------------------------
def _last_basket(lines: pd.DataFrame, spec: Mapping[str, Any]) -> Posed:
    """Return the problem of every customer's last basket."""
    fewest = spec.get("fewest_baskets", FEWEST)
    count = lines.groupby("customer")["order"].max() + 1
    asked = count.index[count >= fewest]
    if not len(asked):
        raise UsageError(f"no customer of {spec['dataset']} has {fewest} baskets: choose fewest_baskets")
    is_last = lines["customer"].isin(asked) & (lines["order"] == lines["customer"].map(count) - 1)
    frame = numbered(_block(pd.Index(asked), lines[~is_last], lines[is_last], origin=pd.NaT))
    ids = frame["row_id"].to_numpy()
    folds = pd.DataFrame({"fold": np.int64(0), "row_id": ids, "part": pd.array([TEST] * len(ids), "str")})
    fact = {"fold": 0, "window": 0, "cutoff": None, "n_train": 0, "n_test": len(ids)}
    posed = _posed(frame, Folds(folds, [fact]), lines[~is_last])
    return Posed(**posed, facts=_facts(frame, [fact], [lines[~is_last]], [lines[is_last]]))


def _next_basket(lines: pd.DataFrame, spec: Mapping[str, Any], *, last_day: dt.date) -> Posed:
    """Return the problem of the first basket after each cutoff, within the horizon."""
    _, windows = label_windows({"gap_days": 0, **spec})
    windows = sorted(windows, key=lambda w: w.cutoff)
    if not windows:
        raise UsageError(f"{spec['dataset']}: test_cutoffs is empty: name at least one day")
    late = next((w for w in windows if w.end.date() > last_day + dt.timedelta(days=1)), None)
    if late is not None:
        raise UsageError(
            f"the label window of the cutoff {late.cutoff:%Y-%m-%d} ends on "
            f"{late.end - dt.timedelta(days=1):%Y-%m-%d}, and the data end on {last_day}: "
            "choose an earlier cutoff or a shorter horizon_days"
        )
    known, judged = zip(*(_around(lines, window) for window in windows), strict=True)
    blocks = [
        _block(pd.Index(sorted(before["customer"].unique())), before, after, origin=window.cutoff)
        for window, before, after in zip(windows, known, judged, strict=True)
    ]
    frame = numbered(pd.concat(blocks, ignore_index=True))
    folds = rolling(frame["origin"], train=[], test=windows)
    posed = _posed(frame, folds, known[-1])
    return Posed(**posed, facts=_facts(frame, folds.facts, known, judged))


def _around(lines: pd.DataFrame, window: Window) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the lines before a cutoff, and those of the first basket after it of who had bought before."""
    before = lines[lines["at"] < pd.Timestamp(window.cutoff)]
    after = lines[(lines["at"] >= pd.Timestamp(window.start)) & (lines["at"] < pd.Timestamp(window.end))]
    after = after[after["customer"].isin(before["customer"])]
    return before, after[after["order"] == after.groupby("customer")["order"].transform("min")]


# --- frames -------------------------------------------------------------------------------------
def _block(asked: pd.Index, before: pd.DataFrame, after: pd.DataFrame, *, origin: Any) -> pd.DataFrame:
    """Return one row per customer asked about: what was known of her baskets, and what the next one held.

    before, after: lines of what was known and of the basket to be found.
    """
    mine = before[before["customer"].isin(asked)].groupby("customer")
    frame = pd.DataFrame({"customer": asked})
    frame["origin"] = pd.Series(origin, index=frame.index, dtype="datetime64[us]")
    frame["baskets"] = frame["customer"].map(mine["order"].max() + 1).astype("float64")
    frame["items"] = frame["customer"].map(mine["item"].nunique()).astype("float64")
    found = after.assign(was=_was(before, after), price=after["amount"].map("{:.4f}".format)).groupby(
        "customer", sort=False
    )
    texts = {"bought": found["item"].agg(BETWEEN.join), "bought_as": found["was"].agg("".join)}
    texts["paid"] = found["price"].agg(BETWEEN.join)
    for column, values in texts.items():
        texts_of = values.astype("str").reindex(frame["customer"]).fillna("")
        frame[column] = pd.array(texts_of.to_numpy(), dtype="str")
    frame["value"] = frame["customer"].map(found["amount"].sum()).fillna(0.0).astype("float64")
    return frame


def _was(before: pd.DataFrame, after: pd.DataFrame) -> np.ndarray:
    """Return what each line's item was to its customer: REPEAT, EXPLORE or NEW_CATEGORY, (k,)."""
    repeat = _is_among(before, after, "item")
    new = (after["category"] != "").to_numpy() & ~_is_among(before, after, "category")
    return np.where(repeat, REPEAT, np.where(new, NEW_CATEGORY, EXPLORE))


def _is_among(before: pd.DataFrame, after: pd.DataFrame, column: str) -> np.ndarray:
    """Return whether each later line's customer had a line with this value before, (k,)."""
    pairs = (pd.MultiIndex.from_frame(frame[["customer", column]]) for frame in (after, before))
    asked, known = pairs
    return asked.isin(known.unique())


def _posed(frame: pd.DataFrame, folds: Folds, history: pd.DataFrame) -> dict[str, Any]:
    """Return the frames of a problem and the roles of its columns."""
    return {
        "rows": frame[["row_id", "customer", "origin", "baskets", "items"]],
        "folds": folds,
        "solution": frame[["row_id", "bought", "bought_as", "paid", "value"]],
        "roles": {"baskets": NUMERIC, "items": NUMERIC},
        "history": history[list(EVENTS)].reset_index(drop=True),
    }


def _facts(frame: pd.DataFrame, folds: list[dict[str, Any]], known: Any, judged: Any) -> dict[str, Any]:
    """Return the facts of each window: sizes, who bought, the sorts of what was bought, and the ceiling.

    The ceiling: which share of the judged baskets' revenue is of items that nobody had bought before.
    """
    windows = []
    for fold, before, after in zip(folds, known, judged, strict=True):
        origin = pd.NaT if fold["cutoff"] is None else pd.Timestamp(fold["cutoff"])
        rows = frame if fold["cutoff"] is None else frame[frame["origin"] == origin]
        unseen = after[~after["item"].isin(before["item"].unique())]
        paid = float(after["amount"].clip(lower=0).sum())
        sorts = pd.Series(list("".join(rows["bought_as"])), dtype="str").value_counts()
        windows.append(
            {
                "window": fold["window"],
                "cutoff": fold["cutoff"],
                "train_cutoffs": [],
                "n_train": 0,
                "n_test": len(rows),
                "base_rate_train": None,
                "base_rate_test": float((rows["bought"] != "").mean()),
                "baskets_known": int(before["basket"].nunique()),
                "items_known": int(before["item"].nunique()),
                "items_bought": len(after),
                "repeat_share": float(sorts.get(REPEAT, 0) / max(len(after), 1)),
                "new_category_share": float(sorts.get(NEW_CATEGORY, 0) / max(len(after), 1)),
                "unseen_items": int(unseen["item"].nunique()),
                "unseen_revenue_share": float(unseen["amount"].clip(lower=0).sum()) / paid if paid else None,
            }
        )
    return {"base_rate": float((frame["bought"] != "").mean()), "windows": windows}
