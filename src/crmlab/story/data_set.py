"""The data set: its tables, its columns, and what cleaning marked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from crmlab.data.fingerprints import described_column, fingerprint
from crmlab.story.prose import Table


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
