"""Since the last list: who is new on it, who left it and why, or that nothing changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from crmlab import store
from crmlab.actions._audience import ASKED
from crmlab.actions._listing import ContactList

if TYPE_CHECKING:
    from crmlab.declare.action import Listing

AS_OF: Final = "as_of_"
"""Before the day in the name of a folder of lists."""

NEW, STAYS, LEFT = "new on the list", "still on the list", "left the list"


def since_last(listing: Listing, folder: Path, name: str) -> Any:
    """Return a list with `change` beside each person, against the list of the latest earlier day.

    folder: where the list goes; the earlier ones lie beside it. name: of its action. On a list is whom it
    would contact, the hold-out too. Where there is no earlier list, or no list of contacts, it comes back as
    it is.
    """
    earlier = _latest_before(folder, name)
    if earlier is None or not isinstance(listing, ContactList):
        return listing
    day, before = earlier
    change = _changes(listing.table, before)
    gone = before - set(listing.table["customer"])
    said = _said(change, listing.table["contact"], day, len(gone))
    return replace(listing, table=listing.table.assign(change=change), notes=(*listing.notes, said))


def _latest_before(folder: Path, name: str) -> tuple[str, set[str]] | None:
    """Return the day of the latest earlier list and who was on it, None where there is none."""
    days = sorted(p.name for p in folder.parent.glob(f"{AS_OF}*") if (p / f"{name}.parquet").is_file())
    days = [d for d in days if d < folder.name]
    if not days:
        return None
    table = store.read_frame(folder.parent / days[-1] / f"{name}.parquet", made_by="crmlab act")
    if "contact" not in table:
        return None
    return days[-1].removeprefix(AS_OF), set(table.loc[table["contact"].isin(ASKED), "customer"])


def _changes(table: pd.DataFrame, before: set[str]) -> pd.Series:
    """Return what changed for each person, (n,): NEW, STAYS, LEFT with the reason, or nothing."""
    is_asked, was = table["contact"].isin(ASKED), table["customer"].isin(before)
    left = (LEFT + ": " + table["contact"].astype("str")).to_numpy()
    words = np.select([is_asked & was, is_asked, was], [STAYS, NEW, left], "")
    return pd.Series(words, index=table.index, dtype="str")


def _said(change: pd.Series, contact: pd.Series, day: str, elsewhere: int) -> str:
    """Return the changes in a sentence. elsewhere: who was on the earlier list and has no row in this one."""
    new, stays = int((change == NEW).sum()), int((change == STAYS).sum())
    left = contact[change.str.startswith(LEFT)].value_counts()
    why = [f"{count:,} {word}" for word, count in left.items()]
    why += [f"{elsewhere:,} not known to it any more"] if elsewhere else []
    if not new and not why and not stays:
        return f"As on the list as of {day}, nobody is on it."
    if not new and not why:
        return f"Nothing changed since the list as of {day}: the same {stays:,} are on it."
    gone = int(left.sum()) + elsewhere
    because = f" ({', '.join(why)})" if why else ""
    return f"Since the list as of {day}: {new:,} are new on it, {stays:,} stay, {gone:,} left it{because}."
