"""Verbs that check: parameters, what is behind each stage, committed scores, the board."""

from __future__ import annotations

from typing import Annotated

import typer

from crmlab import store
from crmlab.errors import CrmlabError, DataError

verbs = typer.Typer()


@verbs.command()
def params() -> None:
    """Check params.yaml whole: unknown keys, wrong types, unknown methods."""
    from crmlab import params as reading

    settings = reading.load()
    count = sum(len(t.problems) for t in settings.tasks.values())
    for task in settings.tasks.values():
        for name in task.problems:
            task.roster(name)
    typer.echo(f"params.yaml holds {count} problems of {len(settings.tasks)} tasks")


@verbs.command()
def sources() -> None:
    """Write which source files are behind each kind of stage: what `dvc repro` depends on."""
    from crmlab.pipeline import stages as reading

    typer.echo(f"sources of the stages: {store.show(reading.write())}")


@verbs.command()
def verify(
    keys: Annotated[
        bool, typer.Option("--keys", help="Only recompute the keys, offline, in seconds.")
    ] = False,
    only: Annotated[list[str] | None, typer.Option(help="TASK/PROBLEM, or a data set; repeatable.")] = None,
) -> None:
    """Check the committed scores: recompute the keys, or re-execute and compare the numbers.

    Classes: exact (same digits), numeric (within 1e-6), order (same ranking, other numbers),
    different. Ends with exit code 1 for a stale key or a different result.
    """
    from crmlab.desk import verify as checking

    found = (checking.verify_keys if keys else checking.verify_numbers)(only or [])
    width = found["problem"].str.len().max()
    for problem, *said, _ in found.itertuples(index=False):
        words = [f"{word:.1e}" if isinstance(word, float) else " ".join(word.split()) for word in said]
        typer.echo(f"{problem:<{width}}  {'  '.join(words).rstrip()}")
    bad = found[~found["ok"]]
    if len(bad):
        raise CrmlabError(f"{len(bad)} of {len(found)} committed comparisons do not hold")
    typer.echo(f"all {len(found)} hold")


@verbs.command()
def board(
    as_markdown: Annotated[bool, typer.Option("--markdown", help="As the README's table.")] = False,
) -> None:
    """Show the ranking of every comparison, its intervals, and what the lead is."""
    from crmlab.desk import board as boards

    if as_markdown:
        typer.echo(boards.markdown(boards.board()))
        return
    lines, damaged = boards.rankings()
    for line in lines:
        typer.echo(line)
    if damaged:
        raise DataError("not shown, as they are damaged:\n  " + "\n  ".join(damaged))
    typer.echo("Open a notebook: make lab. Compare runs: make review.")
