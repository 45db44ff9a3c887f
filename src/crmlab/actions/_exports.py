"""A list in the forms in which it is used: workbook, page to print, mailing tools, audiences."""

from __future__ import annotations

import csv
import hashlib
import html
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pandas as pd

from crmlab.actions._audience import CONTACT
from crmlab.errors import DataError, UsageError
from crmlab.store import spreadsheet
from crmlab.store.workbook import write_workbook

if TYPE_CHECKING:
    from crmlab.declare.action import Listing

EMAIL: Final = re.compile(r"[^@\s,;<>\"']+@[^@\s,;<>\"']+\.[^@\s,;<>\"'.]{2,}")
"""What is taken for an e-mail address: a text on either side of one @, with a dot behind it."""

NUMBER: Final = re.compile(r"[-+]?[\d,.]+ ?%?")
PRINTED: Final = 100
"""So many people stand on the page to print."""

STYLE: Final = """
body { font: 14px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; font-size: 12px; }
th, td { padding: .25rem .5rem; border-bottom: 1px solid #ccc; text-align: left; vertical-align: top; }
td.number { text-align: right; white-space: nowrap; }
thead { display: table-header-group; }
tr { break-inside: avoid; }
@media print {
  @page { size: A4 landscape; margin: 12mm; }
  body { margin: 0; max-width: none; padding: 0; font-size: 10pt; }
  table { font-size: 8pt; }
}
"""

MAILINGS: Final = {
    "mailchimp": {"email": "Email Address", "customer": "CUSTOMER", "list": "Tags", "reason_1": "REASON"},
    "brevo": {"email": "EMAIL", "customer": "EXT_ID", "list": "LIST", "reason_1": "REASON"},
    "klaviyo": {
        "email": "Email",
        "customer": "External ID",
        "list": "crmlab list",
        "reason_1": "crmlab reason",
    },
}
"""Of each mailing tool, what its import calls our columns."""


def write_forms(
    folder: Path, name: str, listing: Listing, table: pd.DataFrame, emails: Mapping[str, str]
) -> int:
    """Write a list as .xlsx and as a page to print; with e-mail addresses also for mailing tools.

    table: the list with where it comes from. emails: by customer; ids that are addresses need none. Return
    how many of those to be contacted have an address. Nobody else is in a file for mailing, the held out
    least of all.
    """
    write_workbook(folder / f"{name}.xlsx", {name: table}, listing.sentences)
    (folder / f"{name}.html").write_text(page(name, listing, table), encoding="utf-8")
    if "contact" not in table:
        return 0
    asked = table[table["contact"] == CONTACT]
    found = asked.assign(email=[address(c, emails) for c in asked["customer"]])
    found = found[found["email"] != ""].drop_duplicates("email")
    if len(found):
        for tool, names in MAILINGS.items():
            own = found[list(names)].rename(columns=names)
            spreadsheet.write(own, folder / f"{name}_{tool}.csv")
        hashed = pd.DataFrame({"email": found["email"].map(hashed_email)})
        spreadsheet.write(hashed, folder / f"{name}_audience_sha256.csv")
    return len(found)


def address(customer: str, emails: Mapping[str, str]) -> str:
    """Return a customer's e-mail address; "" where none is known."""
    known = emails.get(customer, customer).strip()
    return known if EMAIL.fullmatch(known) else ""


def hashed_email(email: str) -> str:
    """Return the SHA-256 of the trimmed lower-case e-mail address, as audiences of customers are uploaded."""
    return hashlib.sha256(email.strip().lower().encode()).hexdigest()


def read_emails(file: Path) -> dict[str, str]:
    """Return the e-mail addresses of a CSV with the columns `customer` and `email`, by customer.

    Raises UsageError where it is not there, lacks a column, or gives a customer two addresses; DataError
    where it cannot be read.
    """
    if not file.is_file():
        raise UsageError(f"there is no file {file}")
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            first = lines.readline()
        separator = max(",;\t", key=first.count)
        table = pd.read_csv(file, sep=separator, dtype="str", keep_default_na=False, encoding="utf-8-sig")
    except (ValueError, OSError, csv.Error) as error:
        raise DataError(
            f"{file} cannot be read ({str(error).splitlines()[0]}): write it as UTF-8 CSV"
        ) from None
    for column in ("customer", "email"):
        if column not in table:
            raise UsageError(f"{file} has no column '{column}': its columns are {', '.join(table)}")
    told = table[table["email"].str.strip() != ""].drop_duplicates(["customer", "email"])
    twice = told.loc[told["customer"].duplicated(), "customer"]
    if len(twice):
        raise UsageError(f"{file} gives customer '{twice.iloc[0]}' more than one address: keep one of them")
    return dict(zip(told["customer"], told["email"], strict=True))


def page(name: str, listing: Listing, table: pd.DataFrame) -> str:
    """Return a list as one HTML page with a style for print: what it says, and its first people."""
    asked = int((table["contact"] == CONTACT).sum()) if "contact" in table else len(table)
    head = listing.head(min(max(asked, 20), PRINTED)).reset_index()
    cells = [f"<th>{html.escape(str(c))}</th>" for c in head.columns]
    rows = "\n".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in head.itertuples(index=False))
    day = table["as_of"].iloc[0] if len(table) else ""
    title = html.escape(f"{name.replace('_', ' ').capitalize()}, as of {day}")
    said = "\n".join(f"<p>{html.escape(sentence)}</p>" for sentence in listing.sentences)
    more = f"<p>The first {len(head):,} of {len(table):,}; all of them are in {html.escape(name)}.xlsx.</p>"
    return (
        f'<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><title>{title}</title>\n'
        f"<style>{STYLE}</style></head>\n<body>\n<h1>{title}</h1>\n{said}\n<table>\n<thead><tr>"
        f"{''.join(cells)}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>\n{more}\n</body>\n</html>\n"
    )


def _cell(value: object) -> str:
    """Return a cell of the page, numbers at the right."""
    text = str(value)
    kind = ' class="number"' if NUMBER.fullmatch(text) else ""
    return f"<td{kind}>{html.escape(text)}</td>"
