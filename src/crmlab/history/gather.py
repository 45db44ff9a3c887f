"""Collect the columns of several families for a population, as they were known at a cutoff."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import ibis
import pandas as pd

from crmlab import registry
from crmlab.errors import UsageError
from crmlab.history.purchase_lines import PURCHASE_LINES, purchase_lines
from crmlab.history.windows import before


def as_known(
    tables: Mapping[str, ibis.Table], cutoff: dt.datetime, connection: ibis.BaseBackend
) -> dict[str, ibis.Table]:
    """Return the tables cut at `cutoff`, with the purchase lines computed once for all families."""
    known = before(tables, cutoff)
    if "transactions" in known:
        known[PURCHASE_LINES] = ibis.memtable(connection.to_pyarrow(purchase_lines(known)))
    return known


def gather(
    known: Mapping[str, ibis.Table],
    population: pd.DataFrame,
    connection: ibis.BaseBackend,
    *,
    cutoff: dt.datetime,
    families: Sequence[str],
) -> pd.DataFrame:
    """Return the population with the columns of every family: float64 or text, one row per customer.

    known: tables as known at the cutoff. population: frame with `customer`. families: names of
    files in features/ whose tables are there. Raises UsageError where two families give the same
    column.
    """
    frame = population[["customer"]]
    for family in families:
        declared = registry.find("features", family)
        own = {t: known[t] for t in (*declared.needs, *declared.uses, PURCHASE_LINES) if t in known}
        found = connection.to_pyarrow(_plain(family, declared.columns(own, cutoff=cutoff))).to_pandas()
        twice = sorted(set(frame.columns) & set(found.columns) - {"customer"})
        if twice:
            raise UsageError(f"features/{family}.py gives the column '{twice[0]}' that another family gives")
        frame = frame.merge(found, how="left", on="customer", validate="one_to_one")
        for column in declared.counts:
            if column in frame:
                frame[column] = frame[column].fillna(0.0)
    return frame


def _plain(family: str, table: ibis.Table) -> ibis.Table:
    """Return one family's columns as float64 (numbers and booleans) and text, sorted by customer."""
    wanted = {}
    for name, kind in table.schema().items():
        if name == "customer" or kind.is_string():
            wanted[name] = table[name].cast("string")
        elif kind.is_numeric() or kind.is_boolean():
            wanted[name] = table[name].cast("float64")
        else:
            raise UsageError(
                f"features/{family}.py: column '{name}' is {kind}; a feature is a number, a boolean or text"
            )
    return table.select(**wanted).order_by("customer")
