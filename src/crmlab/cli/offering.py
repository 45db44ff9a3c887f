"""Verbs that use a comparison of recommendations: what to offer one customer."""

from __future__ import annotations

from typing import Annotated

import typer

from crmlab.cli.words import print_table

verbs = typer.Typer()


@verbs.command()
def recommend(
    shop: Annotated[str, typer.Argument(help="A problem of cross_sell, or a data set with products.")],
    customer: Annotated[str, typer.Option(help="The customer's id.")],
    count: Annotated[int, typer.Option(help="How many items.")] = 10,
    method: Annotated[
        str | None, typer.Option(help="A recommender, such as tifu_knn. Default: the chosen one.")
    ] = None,
    only_new: Annotated[bool, typer.Option("--only-new", help="Leave out what was bought before.")] = False,
) -> None:
    """Show what to offer a customer as of the last day of the data, with a reason per item."""
    from crmlab.explain.assistant import recommend as recommend_items

    found = recommend_items(shop, customer, count=count, method=method, only_new=only_new)
    typer.echo(f"For {found.customer}, by {found.method} ({found.why}):")
    if found.table.empty:
        typer.echo("Nothing: every item on the list was bought before.")
        return
    print_table(found.table[["item", "reason"]])
