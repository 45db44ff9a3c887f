"""The verb that uses a fitted model on new customers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from crmlab import store
from crmlab.cli.words import TaskName, pair
from crmlab.errors import UsageError

verbs = typer.Typer()


@verbs.command()
def apply(
    task: TaskName,
    model: Annotated[
        str | None, typer.Option(help="A registered model, such as churn.demo_shop@champion.")
    ] = None,
    shop: Annotated[
        str | None,
        typer.Option(help="In its place: a comparison, such as of your own data."),
    ] = None,
    input: Annotated[
        Path | None, typer.Option(help="New customers: .csv or .parquet with the model's columns.")
    ] = None,
    orders: Annotated[
        Path | None, typer.Option(help="In its place: a CSV of orders, of which the columns are made.")
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", help="The last day of the orders that counts. Default: the last."),
    ] = None,
    column: Annotated[
        list[str] | None, typer.Option(help="Where a column of the orders is not recognised: OURS=YOURS.")
    ] = None,
    date_format: Annotated[str | None, typer.Option(help="How the orders' dates are written.")] = None,
    decimal: Annotated[str, typer.Option(help="The decimal sign of the orders' numbers: . or ,")] = ".",
    output: Annotated[Path, typer.Option(help="Where the answers go: .csv or .parquet.")] = Path(
        "answers.parquet"
    ),
) -> None:
    """Use a fitted model on new customers. Wrong columns are named; no wrong score is given.

    Of orders one row per customer is made, as of a day. A segmentation answers with each customer's segment,
    its name and policy, and how sure it is.
    """
    import pandas as pd

    from crmlab.problems.from_orders import rows_of_orders
    from crmlab.serving.rows import read_rows
    from crmlab.store import spreadsheet

    _one_of("--model", model, "--shop", shop)
    _one_of("--input", input, "--orders", orders)
    if model is not None and not model.startswith((f"{task}.", "models:/", "runs:/")):
        raise UsageError(f"'{model}' is no model of the task '{task}': its name begins with '{task}.'")
    when = None
    if orders is not None:
        reading: dict[str, Any] = {"columns": dict(pair(text) for text in column or [])}
        reading |= {"date_format": date_format, "decimal": decimal}
        rows, when = rows_of_orders(task, orders, day=as_of, **reading)
    else:
        rows = read_rows(Path(str(input)))
    answers = _answers(task, model, shop, rows)
    keys = [c for c in ("row_id", "customer") if c in rows]
    answers = pd.concat([rows[keys].reset_index(drop=True), answers], axis=1)
    if when is not None:
        answers = answers.assign(as_of=when)
    with store.replacing(output) as part:
        if output.suffix == ".parquet":
            answers.to_parquet(part, index=False)
        else:
            spreadsheet.write(answers, part)
    typer.echo(f"{len(answers):,} customers answered{f' as of {when}' if when else ''}: {output}")


def _answers(task: str, model: str | None, shop: str | None, rows: Any) -> Any:
    """Return the answers of a registered model, or of the method that a comparison chose."""
    if model is not None:
        from crmlab import tracking

        return tracking.apply(model, rows)
    from crmlab import actions
    from crmlab.comparison.compare import compare
    from crmlab.problems.on_demand import make_ready

    make_ready(task, str(shop))
    return actions.apply_chosen(compare(task, str(shop)), rows)


def _one_of(first: str, one: Any, second: str, other: Any) -> None:
    """Refuse none and both of two options."""
    if (one is None) == (other is None):
        what = "neither is" if one is None else "both are"
        raise UsageError(f"give either {first} or {second}: {what} given")
