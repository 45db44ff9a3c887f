"""Words that several verbs share: their arguments, pairs, and a table on the terminal."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from crmlab.errors import UsageError

TaskName = Annotated[str, typer.Argument(help="A question: a task of params.yaml, such as churn.")]
ProblemName = Annotated[str, typer.Argument(help="A problem of the task in params.yaml, or your own data.")]
DatasetName = Annotated[str, typer.Argument(help="A data set; see `crmlab datasets`.")]


def pair(text: str) -> tuple[str, str]:
    """Split OURS=YOURS."""
    ours, mark, yours = text.partition("=")
    if not mark:
        raise UsageError(f"'{text}' is not OURS=YOURS, such as customer=ClientNo")
    return ours, yours


def print_table(frame: Any) -> None:
    """Print a frame as text, every row; cells are cut at 60 letters."""
    import pandas as pd

    with pd.option_context("display.width", 200, "display.float_format", "{:.4f}".format):
        typer.echo(frame.to_string(index=False, na_rep="", max_colwidth=60))
