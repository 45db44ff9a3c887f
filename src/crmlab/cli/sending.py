"""Verbs about what was done with a list: who was contacted."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crmlab.cli.words import DatasetName

verbs = typer.Typer()


@verbs.command()
def sent(
    dataset: DatasetName,
    file: Annotated[Path, typer.Argument(help="The list that was sent: .csv or .parquet.")],
    on: Annotated[
        str | None, typer.Option("--on", help="The day, such as 2024-10-02. Default: the list's as_of.")
    ] = None,
) -> None:
    """Record who was contacted, so that nobody is asked again within the cool-down.

    Of a list that says so by `contact` those to be contacted count as contacted, and those held out as left
    alone at random; of a file without that column everyone in it was contacted.
    """
    from crmlab import actions

    done = actions.record_sent(dataset, file, day=on)
    typer.echo(
        f"{dataset}: {done.contacted:,} contacted on {done.day} by '{done.name}', "
        f"{done.held_out:,} held out; {done.new:,} of these lines are new"
    )
