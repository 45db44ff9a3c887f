"""Words that several verbs share: their arguments, pairs, and a table on the terminal."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from crmlab.errors import UsageError

TaskName = Annotated[str, typer.Argument(help="A question: a task of params.yaml, such as churn.")]
ProblemName = Annotated[str, typer.Argument(help="A problem of the task in params.yaml, or your own data.")]
DatasetName = Annotated[str, typer.Argument(help="A data set; see `crmlab datasets`.")]

CELL = 60
"""Letters of a cell of a table."""


def pair(text: str) -> tuple[str, str]:
    """Split OURS=YOURS."""
    ours, mark, yours = text.partition("=")
    if not mark:
        raise UsageError(f"'{text}' is not OURS=YOURS, such as customer=ClientNo")
    return ours, yours


def print_sheet(frame: Any) -> None:
    """Print a frame a row at a time: its name, then each cell that holds something on a line of its own."""
    for name, row in frame.iterrows():
        typer.echo(str(name))
        for column, value in row.items():
            if value:
                typer.echo(f"  {column}: {value}")


def print_table(frame: Any) -> None:
    """Print a frame as text, every row, words at the left and numbers at the right."""
    import pandas as pd

    names = list(map(str, frame.columns))
    shown = frame.set_axis(names, axis=1)
    for place, name in enumerate(names):
        column = frame.iloc[:, place]
        if not pd.api.types.is_string_dtype(column):
            continue
        texts = column.fillna("").astype("str")
        texts = texts.where(texts.str.len() <= CELL, texts.str.slice(0, CELL - 3) + "...")
        width = int(max(len(name), texts.str.len().max() if len(texts) else 0))
        shown[name] = texts.str.ljust(width)
        names[place] = name.ljust(width)
    with pd.option_context("display.width", 200, "display.float_format", "{:.4f}".format):
        lines = shown.set_axis(names, axis=1).to_string(index=False, na_rep="").splitlines()
    typer.echo("\n".join(line.rstrip() for line in lines))
