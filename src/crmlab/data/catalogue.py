"""The catalogue of data sets as a table for the terminal and as a page for the documentation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crmlab import registry, store
from crmlab.errors import CrmlabError, DataError

if TYPE_CHECKING:
    import pandas as pd

MAIN_TABLES = ("transactions", "labelled")


def catalogue() -> pd.DataFrame:
    """Return one row per data set: name, label, licence, rows (null until tables are made), fetched.

    The catalogue's come first, then a user's own. rows: of transactions or labelled. fetched: all
    files are there (their hashes are checked when the tables are made).
    """
    import pandas as pd

    rows = []
    for name in registry.names("datasets"):
        declared = registry.find("datasets", name)
        folder = store.raw_folder(name)
        fetched = all((folder / s.name).is_file() for s in declared.sources)
        try:
            rows.append((name, declared.label, declared.licence, _rows(name), fetched))
        except DataError:
            rows.append((name, f"damaged: run `crmlab tables {name}`", declared.licence, None, fetched))
    rows += [(n, *_own(n), True) for n in _own_names()]
    frame = pd.DataFrame(rows, columns=["name", "label", "licence", "rows", "fetched"])
    return frame.astype({"rows": "Int64"})


def page() -> str:
    """Return docs/datasets.md: the card of every data set, with citation, licence and address."""
    parts = [
        "# Data sets",
        "Made from the cards in `src/crmlab/datasets/`; the counts behind them are in "
        "`data/tables/<dataset>.json`.",
    ]
    for name in registry.names("datasets"):
        declared = registry.find("datasets", name)
        span = f" · {declared.span[0]} to {declared.span[1]}" if declared.span else ""
        currency = f" · {declared.currency}" if declared.currency else ""
        parts.append(f"## {declared.label} (`{name}`)")
        parts.append(declared.card.strip())
        parts.append(f"*{declared.cite}. Licence: {declared.licence}. <{declared.homepage}>{span}{currency}*")
        parts.extend(f"Never a feature: `{column}` ({why})." for column, why in declared.barred.items())
    return "\n\n".join(parts) + "\n"


def _own_names() -> list[str]:
    """Return the data sets that no file of the catalogue declares."""
    files = sorted(store.fingerprint_file("any").parent.glob("[!.]*.json"))
    return [f.stem for f in files if f.stem not in registry.names("datasets")]


def _own(name: str) -> tuple[str, str, int | None]:
    """Return the label, the licence and the rows of a data set that is a user's own."""
    try:
        facts = store.read_json(
            store.fingerprint_file(name), made_by=f"crmlab tables {name}", holding=["label", "licence"]
        )
        return facts["label"], facts["licence"], _rows(name)
    except CrmlabError:
        return f"damaged: run `crmlab tables {name} --csv FILE`", "", None


def _rows(name: str) -> int | None:
    """Return the number of rows of a data set's main table, None until it is made.

    Raises DataError where the fingerprint is damaged.
    """
    file = store.fingerprint_file(name)
    if not file.is_file():
        return None
    made_by = f"crmlab tables {name}"
    tables = store.read_json(file, made_by=made_by, holding=["tables"])["tables"]
    try:
        return next((tables[t]["rows"] for t in MAIN_TABLES if t in tables), None)
    except (KeyError, TypeError):
        raise DataError(f"{store.show(file)} is damaged: run `{made_by}` again") from None
