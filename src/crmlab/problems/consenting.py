"""Who may be contacted, as of each row's cutoff: the table of consents wins over what `customers` say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import pandas as pd

from crmlab.history.consents import allowed
from crmlab.problems.posed import Posed
from crmlab.vocabulary import CARRIED

CONSENTS: Final = "consents"
"""The setting of a spec (the digest of the table) that says that consents are read as of each cutoff."""

COLUMN: Final = "consent"


def as_of(posed: Posed, tables: Mapping[str, Any], spec: Mapping[str, Any], connection: Any) -> Posed:
    """Return a posed problem whose rows have the consent that held at their cutoff, 1, 0 or nan.

    Where a spec does not ask for it, or rows have no cutoff, it is returned as it is. Who has no row in
    `consents` keeps what `customers.consent` says.
    """
    if CONSENTS not in spec or posed.rows["origin"].isna().any():
        return posed
    people = posed.rows[["customer", "origin"]]
    held = [_held(tables, origin, connection) for origin in sorted(people["origin"].unique())]
    found = people.merge(pd.concat(held, ignore_index=True), on=["customer", "origin"], how="left")
    consent = found[COLUMN].astype("float64").to_numpy()
    roles = posed.roles if COLUMN in posed.roles else posed.roles | {COLUMN: CARRIED}
    return replace(posed, rows=posed.rows.assign(**{COLUMN: consent}), roles=roles)


def _held(tables: Mapping[str, Any], origin: Any, connection: Any) -> pd.DataFrame:
    """Return `customer, origin, consent` of everyone of whom something is known at a cutoff."""
    known = allowed(tables, cutoff=pd.Timestamp(origin).to_pydatetime())
    frame = connection.to_pyarrow(known.order_by("customer")).to_pandas()
    return frame.assign(origin=pd.Series(origin, index=frame.index, dtype="datetime64[us]"))
