"""Verbs that bring data: the catalogue, files, tables, problems."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crmlab import store
from crmlab.cli import meaning, own, reading
from crmlab.cli.words import DatasetName, ProblemName, TaskName, pair, print_table

verbs = typer.Typer()

Beside = Annotated[str | None, typer.Option(help="A further table of your shop, a file as of the orders.")]


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
    customers: Beside = None,
    products: Beside = None,
    assortment: Beside = None,
    sessions: Beside = None,
    events: Beside = None,
    contacts: Beside = None,
    tickets: Beside = None,
    memberships: Beside = None,
    fulfilment: Beside = None,
    reviews: Beside = None,
    consents: Beside = None,
    labelled: Annotated[
        str | None, typer.Option(help="Instead of orders: rows of your own with an outcome.")
    ] = None,
    outcome: Annotated[str | None, typer.Option(help="The column of --labelled that is 1 or 0.")] = None,
    customer: Annotated[
        str | None, typer.Option(help="The column of --labelled that says whose row it is.")
    ] = None,
    period: Annotated[
        str | None, typer.Option(help="The column of --labelled that orders rows in time.")
    ] = None,
    positive: Annotated[str | None, typer.Option(help="The word of --outcome that means 1.")] = None,
    text: Annotated[
        list[str] | None, typer.Option(help="A column of --labelled whose numbers are codes.")
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(
            help="Where a column is not recognised: OURS=YOURS, such as customer=ClientNo; of a further "
            "table TABLE.OURS=YOURS."
        ),
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
    refund: meaning.Refund = None,
    duplicates: meaning.Duplicates = None,
    rates: meaning.Rates = None,
    currency: meaning.Currency = "",
    nobody: meaning.Nobody = None,
    somebody: meaning.Somebody = None,
    margin: own.Margin = None,
    contact_cost: own.ContactCost = None,
    budget: own.Budget = None,
) -> None:
    """Make a data set's canonical tables, checked and flagged, and its fingerprint.

    Your own shop: `crmlab tables myshop --orders orders.csv`, then `crmlab ready myshop`. Further tables
    of the shop come with it, each a file (docs/own_tables.md), and are replaced together.
    """
    from crmlab.data import own_data, own_prices, own_tables
    from crmlab.data import tables as making
    from crmlab.data.numbers_as_text import numbers_left_as_text

    files = {n: f for n, f in locals().items() if n in own.FURTHER and f is not None}
    money = {"--margin": margin, "--contact-cost": contact_cost, "--budget": budget}
    own.check(orders=orders, labelled=labelled, outcome=outcome, further=files, prices=money)
    prices = own_prices.OwnPrices(margin, contact_cost, budget, currency)
    said = reading.said(
        encoding=encoding, separator=separator, header=not no_header, names=names, header_line=header_line,
        sheet=sheet, query=query, decimal=decimal, thousands=thousands, date_format=date_format,
        timezone=timezone, time=time, since=since, until=until, currency=currency,
    )  # fmt: skip
    if labelled is not None:
        asked = own_tables.Asked(outcome or "", customer, period, positive, tuple(text or ()))
        for line in own_tables.from_labelled(dataset, labelled, asked, reading=said, prices=prices):
            typer.echo(line)
        typer.echo(f"Next: crmlab ready {dataset}")
        return
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
    meant = meaning.said(
        preset=preset, fee=fee, status=status, total=total, price=price, discount=discount,
        refund=refund, duplicates=duplicates, rates=rates, currency=currency, nobody=nobody,
        somebody=somebody,
    )  # fmt: skip
    pairs, others = own.divided(dict(pair(text) for text in column or []))
    beside = own_tables.Files(files, others, said)
    further = own_tables.further(beside) if files else None
    brought = own_data.from_csv(
        dataset, orders, pairs, reading=said, meaning=meant, further=further, prices=prices
    )
    for line in (*brought.lines(), *beside.said):
        typer.echo(line)
    typer.echo(f"What can be asked of it: crmlab ready {dataset}")
    typer.echo(f"Next: crmlab compare churn {dataset}")


@verbs.command()
def ready(dataset: DatasetName) -> None:
    """Say which questions can be asked of a shop, of how many, and what to record first.

    Nothing is fitted. The smallest difference is the one that so many customers show with a chance of 80 %.
    """
    from crmlab.cli.words import print_sheet
    from crmlab.findings.shop.ready import find

    found = find(dataset)
    print_sheet(found.head())
    for sentence in found.sentences:
        typer.echo(sentence)
    can = found.table[found.table["can_be_asked"]]
    if len(can):
        typer.echo(f"Next: crmlab compare {can['task'].iloc[0]} {dataset}")


@verbs.command()
def problem(task: TaskName, name: ProblemName) -> None:
    """Pose a task on a data set: rows before the cutoff, folds, solution, facts."""
    from crmlab.problems import chosen
    from crmlab.problems.on_demand import is_own, posed

    made = posed(task, name)
    facts = made.facts
    typer.echo(
        f"{task}/{name}: {facts['n_rows']:,} rows, {len(facts['folds'])} folds, digest {facts['digest'][:12]}"
    )
    for sentence in chosen.sentences(made) if is_own(task, name) else []:
        typer.echo(sentence)


@verbs.command()
def export(
    dataset: DatasetName,
    to: Annotated[
        Path | None, typer.Option(help="Where the folder of the export is made. Default: exports/.")
    ] = None,
) -> None:
    """Write a data set for other programs: one DuckDB file, Parquet, and a data dictionary.

    Views of orders, customers and days, lists of people and scores with their date, and of every column what
    it means and since when it is known.
    """
    from crmlab.desk.export import export as write

    folder = write(dataset, to=to)
    typer.echo(f"{dataset}: {store.show(folder / f'{dataset}.duckdb')}, and each table in parquet/ beside it")
