"""The data set: its tables, its columns, and what cleaning marked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from crmlab.data.fingerprints import described_column, fingerprint
from crmlab.story.prose import Prose, Table


def tables(dataset: str) -> Table:
    """Return a data set's canonical tables: rows, columns, first and last event, digest."""
    found = fingerprint(dataset)["tables"]
    rows = [
        (name, f"{t['rows']:,}", len(t["columns"]), t.get("first", ""), t.get("last", ""), t["digest"][:12])
        for name, t in found.items()
    ]
    names = ["Table", "Rows", "Columns", "First", "Last", "Digest"]
    return Table(pd.DataFrame(rows, columns=names).set_index("Table"))


def columns(dataset: str) -> Table:
    """Return every column of every table with its type and how many values it lacks."""
    rows = [
        (table, column, *described_column(text))
        for table, known in fingerprint(dataset)["tables"].items()
        for column, text in known["columns"].items()
    ]
    names = ["Table", "Column", "Type", "Missing"]
    return Table(pd.DataFrame(rows, columns=names).set_index(["Table", "Column"]))


def put_aside(dataset: str) -> Table | Prose:
    """Return the way from what a shop's file states to what its customers spent, in lines and money.

    Only a shop's own files have one; a data set of the catalogue is adapted, and `quality` shows its marks.
    """
    known = fingerprint(dataset)
    if "meaning" not in known:
        return Prose("*Only orders of your own have a table of what was put aside; marks stand below.*")
    unit = f", {known['currency']}" if known["currency"] else ""
    table, noticed = known["meaning"]["rows"], known["meaning"]["noticed"]
    rows = [(what, f"{n:,}", f"{money:,.2f}", option) for what, n, money, option in table]
    rows += [
        (f"noticed: {what}", f"{n:,} {of}{'s' * (n != 1)}", "", option) for what, n, of, option in noticed
    ]
    names = ["What the lines of the file are", "Lines", f"Amount{unit}", "Otherwise by"]
    return Table(pd.DataFrame(rows, columns=names).set_index(names[0]))


def quality(dataset: str) -> Table:
    """Return what the cleaning flags mark (lines, amounts, shares), and the oddities that were counted."""
    known = fingerprint(dataset)
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
