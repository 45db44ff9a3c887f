"""Habits and news: how much of what is found had been bought before, by method and by activity."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from crmlab.comparison.answers import by_window
from crmlab.errors import NotApplicable
from crmlab.maths.next_basket.texts import EXPLORE, NEW_CATEGORY, REPEAT, items_of
from crmlab.vocabulary import OK

SORTS: Final = {"repeat": REPEAT, "explore": EXPLORE, "new_category": NEW_CATEGORY}
WORDS: Final = {
    "repeat": "bought before",
    "explore": "new",
    "new_category": "new and of a new category",
}
PLACES: Final = 10
BANDS: Final = ((1, 1), (2, 4), (5, 9), (10, 19), (20, np.inf))
"""Baskets that a customer had bought before: the fewest and the most of each band."""


@dataclass(frozen=True)
class HabitsAndNews:
    """What is found of each sort of item, mean over windows.

    table: a row per method, band of activity ('all' first) and sort: `method, label, band, sort, customers`
    (who bought, over all windows), `share` (of a basket, mean over customers), `recall` (within the sort; nan
    where nobody bought any) and `found` (share x recall: of a basket). Over the sorts of a method and band
    `share` adds up to 1 and `found` to the recall at PLACES.
    """

    champion: str
    table: pd.DataFrame

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say what baskets are made of, who finds what, and where new items are found best."""
        return (self._of_baskets(), self._of(self.champion), *self._of_new())

    def head(self) -> pd.DataFrame:
        """Return the table for readers: all customers, a row per method."""
        rows = self.of_band("all").set_index(["label", "sort"])
        labels = list(dict.fromkeys(rows.index.get_level_values("label")))
        shown = {"Found": [f"{rows.loc[name, 'found'].sum():.3f}" for name in labels]}
        for sort, words in WORDS.items():
            recall = [rows.loc[(name, sort), "recall"] for name in labels]
            shown[f"Recall, {words}"] = ["undefined" if np.isnan(r) else f"{r:.3f}" for r in recall]
        return pd.DataFrame(shown, index=pd.Index(labels, name="Method"))

    def of_band(self, band: str) -> pd.DataFrame:
        """Return the rows of one band."""
        return self.table[self.table["band"] == band]

    def _rows(self, label: str) -> pd.DataFrame:
        """Return the rows of a method over all customers, by sort."""
        rows = self.of_band("all")
        return rows[rows["label"] == label].set_index("sort")

    def _of_baskets(self) -> str:
        """Say which share of a basket is of each sort."""
        share = self._rows(self.champion)["share"]
        parts = [f"{share[sort]:.1%} {words}" for sort, words in WORDS.items() if share[sort] > 0]
        return f"A basket, on average over customers, is {', '.join(parts)}."

    def _of(self, label: str) -> str:
        """Say what a method finds of each sort, that of a sort which nobody bought being undefined."""
        rows = self._rows(label)
        parts = [
            f"of what was {WORDS[sort]} " + ("its recall is undefined" if np.isnan(r) else f"{r:.1%}")
            for sort, r in rows["recall"].items()
        ]
        return f"{label} finds {rows['found'].sum():.1%} of a basket: {', '.join(parts)}."

    def _of_new(self) -> Iterator[str]:
        """Say who finds most of what is new, beside the champion."""
        rows = self.of_band("all")
        new = rows[rows["sort"] != "repeat"].groupby("label", sort=False)[["found", "share"]].sum()
        if not (new["share"] > 0).any():
            yield "Nobody bought anything new: what methods would find of it is undefined."
            return
        recall = new["found"] / new["share"]
        best = recall.idxmax()
        if best == self.champion:
            yield f"Of what is new {best} finds most, too: {recall[best]:.1%}."
            return
        yield (
            f"Of what is new {best} finds most, {recall[best]:.1%}, and {self.champion} "
            f"{recall[self.champion]:.1%}."
        )


def find(comparison: Any) -> HabitsAndNews:
    """Return what each method of a comparison finds of each sort of item.

    Raises NotApplicable where no method answered with lists, or nobody bought anything.
    """
    listed = [r for r in comparison.runs if r.status == OK and "offered" in r.answers]
    if not listed or comparison.verdict.champion is None:
        raise NotApplicable("no method answered with lists of items")
    rows = comparison.problem.rows.set_index("row_id")["baskets"]
    order = {m: place for place, m in enumerate(comparison.order())}
    parts = [
        row | {"method": run.method, "label": run.label}
        for run in sorted(listed, key=lambda r: order[r.method])
        for row in _of_method(comparison, run.method, rows)
    ]
    if not parts:
        raise NotApplicable("nobody bought anything in a test window")
    columns = ["method", "label", "band", "sort", "customers", "share", "recall", "found"]
    champion = comparison.run_of(comparison.verdict.champion).label
    return HabitsAndNews(champion, pd.DataFrame(parts, columns=columns))


def _of_method(comparison: Any, method: str, baskets: pd.Series) -> Iterator[dict[str, Any]]:
    """Yield a method's rows of the table, without its name."""
    counted = [_counted(frame) for frame in by_window(comparison, method)]
    counted = [window.assign(baskets=baskets.loc[window["row_id"]].to_numpy()) for window in counted]
    for name, low, high in (("all", 0, np.inf), *((_named(*band), *band) for band in BANDS)):
        mine = [window[window["baskets"].between(low, high)] for window in counted]
        mine = [window for window in mine if len(window)]
        for sort in SORTS if mine else ():
            share, found = (
                float(np.mean([window[f"{what}_{sort}"].mean() for window in mine]))
                for what in ("share", "found")
            )
            yield {
                "band": name,
                "sort": sort,
                "customers": sum(map(len, mine)),
                "share": share,
                "recall": found / share if share else np.nan,
                "found": found,
            }


def _counted(frame: pd.DataFrame) -> pd.DataFrame:
    """Return of each customer who bought which share of the basket is of each sort, and was found of it."""
    bought = frame[frame["bought"] != ""]
    rows = []
    for row in bought.itertuples():
        listed = {*items_of(row.offered)[:PLACES]}
        hits = [
            sort for item, sort in zip(items_of(row.bought), row.bought_as, strict=True) if item in listed
        ]
        size = len(row.bought_as)
        parts = {f"share_{name}": row.bought_as.count(sort) / size for name, sort in SORTS.items()}
        parts |= {f"found_{name}": hits.count(sort) / size for name, sort in SORTS.items()}
        rows.append({"row_id": row.row_id} | parts)
    columns = ["row_id", *(f"{what}_{name}" for what in ("share", "found") for name in SORTS)]
    return pd.DataFrame(rows, columns=columns)


def _named(low: int, high: float) -> str:
    """Return a band in words."""
    if high == np.inf:
        return f"{low} and more"
    return f"{low}" if low == high else f"{low} to {high}"
