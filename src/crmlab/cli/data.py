"""Verbs that bring data: the catalogue, files, tables, problems."""

from __future__ import annotations

from typing import Annotated

import typer

from crmlab import store
from crmlab.cli import meaning, reading
from crmlab.cli.words import DatasetName, ProblemName, TaskName, pair, print_table

verbs = typer.Typer()


@verbs.command()
def datasets() -> None:
    """List the data sets, then your own: label, licence, rows, and whether it was fetched."""
    from crmlab.data.catalogue import catalogue

    print_table(catalogue())


@verbs.command()
def fetch(dataset: DatasetName) -> None:
    """Download a data set's files (or take them from CRMLAB_MIRROR) and verify them.

    Nothing is kept unless its SHA-256 is the pinned one.
    """
    from crmlab.data.fetch import fetch as fetch_files

    typer.echo(f"{dataset}: verified in {store.show(fetch_files(dataset))}")


@verbs.command()
def tables(
    dataset: DatasetName,
    orders: Annotated[
        str | None,
        typer.Option(
            "--orders",
            "--csv",
            help="Your own orders: a file (CSV, Excel, Parquet, JSON lines, a database), a folder or a "
            "pattern; DATASET is the new name.",
        ),
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(help="Where a column is not recognised: OURS=YOURS, such as customer=ClientNo."),
    ] = None,
    encoding: reading.Encoding = None,
    separator: reading.Separator = None,
    no_header: reading.NoHeader = False,
    names: reading.Names = None,
    header_line: reading.HeaderLine = None,
    sheet: reading.Sheet = None,
    query: reading.Query = None,
    decimal: reading.Decimal = None,
    thousands: reading.Thousands = None,
    date_format: reading.DateFormat = None,
    timezone: reading.Timezone = None,
    time: reading.Time = None,
    since: reading.Since = None,
    until: reading.Until = None,
    preset: meaning.From = None,
    fee: meaning.Fee = None,
    status: meaning.Status = None,
    total: meaning.Total = None,
    price: meaning.Price = None,
    discount: meaning.Discount = None,
    duplicates: meaning.Duplicates = None,
    rates: meaning.Rates = None,
    currency: meaning.Currency = "",
    nobody: meaning.Nobody = None,
    somebody: meaning.Somebody = None,
) -> None:
    """Make a data set's canonical tables, checked and flagged, and its fingerprint.

    Your own shop: `crmlab tables myshop --orders orders.csv`, then `crmlab compare churn myshop`.
    """
    from crmlab.data import own_data
    from crmlab.data import tables as making
    from crmlab.data.numbers_as_text import numbers_left_as_text

    if orders is None:
        for name, facts in making.make_tables(dataset)["tables"].items():
            typer.echo(f"{dataset}: {name} {facts['rows']:,} rows, {len(facts['columns'])} columns")
        left = numbers_left_as_text(dataset)
        if left:
            typer.echo(
                f"{dataset}: {', '.join(left)} hold numbers and were left as text, so methods take them for "
                "categories. Where they are numbers, let the adapter say so: "
                f"rows.astype({{{left[0]!r}: float}})"
            )
        return
    pairs = dict(pair(text) for text in column or [])
    said = reading.said(
        encoding=encoding, separator=separator, header=not no_header, names=names, header_line=header_line,
        sheet=sheet, query=query, decimal=decimal, thousands=thousands, date_format=date_format,
        timezone=timezone, time=time, since=since, until=until,
    )  # fmt: skip
    meant = meaning.said(
        preset=preset, fee=fee, status=status, total=total, price=price, discount=discount,
        duplicates=duplicates, rates=rates, currency=currency, nobody=nobody, somebody=somebody,
    )  # fmt: skip
    brought = own_data.from_csv(dataset, orders, pairs, reading=said, meaning=meant)
    for line in brought.lines():
        typer.echo(line)
    typer.echo(f"Next: crmlab compare churn {dataset}")


@verbs.command()
def problem(task: TaskName, name: ProblemName) -> None:
    """Pose a task on a data set: rows before the cutoff, folds, solution, facts."""
    from crmlab.problems.on_demand import posed

    facts = posed(task, name).facts
    typer.echo(
        f"{task}/{name}: {facts['n_rows']:,} rows, {len(facts['folds'])} folds, digest {facts['digest'][:12]}"
    )
