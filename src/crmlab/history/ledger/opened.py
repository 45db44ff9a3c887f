"""An opened ledger: the standard feature columns of a data set's customers at any midnight."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from crmlab import store
from crmlab.history.ledger import build, columns, extend, held
from crmlab.history.ledger.sums import Rows
from crmlab.history.ledger.texts import most_common, text_column
from crmlab.history.purchase_lines import day_number

TEXTS = ("channel", "country")


def open_ledger(dataset: str) -> Ledger:
    """Return the ledger of a data set, made where it is missing, and extended where the tables grew.

    Raises DataError where the tables were not made yet.
    """
    folder, asked = store.ledger_folder(dataset), build.asked_of(dataset)
    with store.locked(f"ledger.{dataset}"):
        before = build.contents(folder)
        store.remove_left_over(folder)
        if not build.belongs(before, asked):
            with store.room_for(f"the ledger of {dataset}"), store.replacing_folder(folder) as part:
                if before is not None and extend.is_continued(before, asked.digests, asked.files):
                    extend.extend(folder, part, before, asked)
                else:
                    build.build(part, asked)
    return Ledger(folder, asked)


class Ledger:
    """The books of one data set, mapped into memory; it answers for the tables that it was made of."""

    def __init__(self, folder: Path, asked: build.Asked):
        self.folder = folder
        self.asked = asked
        self._values: Mapping[str, list[str]] = build.contents(folder)["values"]

    @cached_property
    def people(self) -> pd.Index:
        """The customers by code."""
        frame = store.read_frame(self.folder / f"{build.PEOPLE}.parquet", made_by="crmlab problem")
        return pd.Index(frame["customer"])

    def has(self, family: str) -> bool:
        """Tell whether the ledger gives the columns of a family as its file says today."""
        book = "purchases" if family == "channels" else columns.BOOK_OF.get(family, ("",))[0]
        return (self.folder / f"{book}.arrow").is_file() and held.is_as_held(family)

    def at(self, cutoff: dt.datetime, family: str) -> pd.DataFrame:
        """Return a family's columns at a midnight, by `code` of those who are in it: float64 and text.

        The rows and columns are those of `features/<family>.py` on the tables as known at the cutoff.
        """
        today = day_number(cutoff)
        if family == "channels":
            return self._channels(today)
        book, member, made = columns.BOOK_OF[family]
        options = {"rated": "rating" in self.asked.columns("transactions")} if family == "basket" else {}
        frames = []
        for rows in self._rows(book, today):
            there = rows.total(member) > 0
            found = made(rows, **options)
            frames.append(pd.DataFrame({"code": rows.codes} | found)[there])
        frame = pd.concat(frames, ignore_index=True)
        if family == "basket" and "category" in self._values:
            return self._with_common(
                frame, "category", today, ("main_category", "main_category_share"), "categories"
            )
        return self._with_first_visit(frame, today) if family == "browsing" else frame

    def aligned(self, cutoff: dt.datetime, family: str, customers: pd.Series) -> pd.DataFrame:
        """Return a family's columns at a midnight for the given customers, in their order."""
        found = self.at(cutoff, family).set_index("code")
        codes = self.people.get_indexer(customers)
        return found.reindex(codes).reset_index(drop=True)

    def _rows(self, book: str, today: int) -> Iterator[Rows]:
        """Yield the partitions of a book."""
        with pa.memory_map(str(self.folder / f"{book}.arrow")) as file, pa.ipc.open_file(file) as reader:
            for i in range(reader.num_record_batches):
                yield Rows(reader.get_batch(i), today)

    def _channels(self, today: int) -> pd.DataFrame:
        """Return the columns of `features/channels.py`."""
        frames = [
            pd.DataFrame({"code": r.codes})[r.total("lines") > 0] for r in self._rows("purchases", today)
        ]
        frame = pd.concat(frames, ignore_index=True)
        published = [c for c in TEXTS if c in self._values]
        for c in published:
            names = (f"order_{c}", f"order_{c}_share")
            frame = self._with_common(frame, f"order_{c}", today, names, f"distinct_order_{c}")
        first = ["code", *(f"distinct_order_{c}" for c in published)]
        return frame[[*first, *(c for c in frame if c not in first)]]

    def _with_common(
        self, frame: pd.DataFrame, book: str, today: int, names: tuple[str, str], different: str
    ) -> pd.DataFrame:
        """Add the number of different texts of a book, the most common one and its share."""
        known = self._values[book.removeprefix("order_")]
        parts = [most_common(rows) for rows in self._rows(book, today)]
        codes, value, share, number = (
            np.concatenate([getattr(p, name) for p in parts])
            for name in ("codes", "value", "share", "different")
        )
        place, there = _places(codes, frame["code"].to_numpy())
        text = np.where(there, value[place] if len(value) else -1, -1).astype(int)
        more = {
            different: _where(there, number, place),
            names[0]: text_column(text, known),
            names[1]: _where(there, share, place),
        }
        return frame.assign(**more)

    def _with_first_visit(self, frame: pd.DataFrame, today: int) -> pd.DataFrame:
        """Add what the first session was like."""
        batches = [rows.batch for rows in self._rows("first_visits", today)]
        first = pa.Table.from_batches(batches).drop_columns(["day", "known"])
        found = first.take(_places(first["code"].to_numpy(), frame["code"].to_numpy())[0]).to_pandas()
        numbers = {c: found[c].astype(np.float64) for c in ("first_pages", "first_seconds", "first_carted")}
        texts = {c: found[c].astype("str") for c in found if c != "code" and c not in numbers}
        return frame.assign(**numbers, **texts)


def _places(sorted_codes: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return where each wanted code stands among sorted ones, and whether it is there at all."""
    place = np.searchsorted(sorted_codes, wanted)
    place = np.minimum(place, max(len(sorted_codes) - 1, 0))
    there = sorted_codes[place] == wanted if len(sorted_codes) else np.zeros(len(wanted), bool)
    return place, there


def _where(there: np.ndarray, values: np.ndarray, place: np.ndarray) -> Any:
    """Return values at places as float64, nan where there is none."""
    return np.where(there, values[place], np.nan) if len(values) else np.full(len(place), np.nan)
