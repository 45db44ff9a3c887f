"""Verbs that use a comparison of recommendations: what to offer a customer, with a basket, with a product."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from crmlab.cli.words import print_table

verbs = typer.Typer()


@verbs.command()
def recommend(
    shop: Annotated[str, typer.Argument(help="A problem of cross_sell, or a data set with products.")],
    customer: Annotated[str | None, typer.Option(help="Offer to this customer.")] = None,
    basket: Annotated[
        list[str] | None, typer.Option(help="Complete a basket with this product (repeat it).")
    ] = None,
    goes_with: Annotated[str | None, typer.Option(help="What goes with this product.")] = None,
    who_for: Annotated[
        str | None, typer.Option(help="To whom to offer this product, also one that nobody bought yet.")
    ] = None,
    count: Annotated[int, typer.Option(help="How many items.")] = 10,
    method: Annotated[
        str | None, typer.Option(help="A recommender, such as tifu_knn. Default: the chosen one.")
    ] = None,
    only_new: Annotated[bool, typer.Option("--only-new", help="Leave out what was bought before.")] = False,
    not_within_days: Annotated[
        int, typer.Option(min=0, help="Leave out what was bought in so many days before.")
    ] = 0,
    to_send: Annotated[
        bool, typer.Option("--to-send", help="The list is to be sent: only to who consented.")
    ] = False,
    model: Annotated[Path | None, typer.Option(help="A saved assistant: nothing is fitted.")] = None,
    save: Annotated[Path | None, typer.Option(help="Save the assistant to this folder.")] = None,
    register: Annotated[bool, typer.Option("--register", help="Register the assistant in MLflow.")] = False,
) -> None:
    """Show what to offer a customer, what completes a basket, what goes with a product, or who it is for.

    As of the last day of the data, with a reason per item.
    """
    from crmlab.errors import UsageError
    from crmlab.explain import saved_assistant
    from crmlab.explain.assistant import prepare

    subjects = {"customer": customer, "basket": basket, "goes-with": goes_with, "who-for": who_for}
    asked = [name for name in ("basket", "goes-with", "who-for") if subjects[name]]
    asked = asked or (["customer"] if customer is not None else [])
    beside = customer is not None and asked == ["who-for"]
    if len(asked) > 1 or beside or not (asked or save or register):
        raise UsageError("ask one thing: --customer ID, --basket PRODUCT, --goes-with or --who-for PRODUCT")
    if model and (save or register or method):
        raise UsageError("--model takes an assistant that is saved: --method, --save and --register make one")
    assistant, why = (
        (saved_assistant.load(model), f"saved in {model}") if model else prepare(shop, method=method)
    )
    if save:
        typer.echo(f"The assistant was saved: {saved_assistant.save(assistant, save)}")
    if register:
        from crmlab.tracking import assistant_model

        typer.echo(f"The assistant was registered: {assistant_model.register(assistant, shop)}")
    if not asked:
        return
    by = f"by {assistant.label} ({why})"
    title, table = {
        "customer": lambda: (
            f"For {customer}, {by}:",
            assistant.recommend(
                customer, count=count, only_new=only_new, not_within_days=not_within_days, to_send=to_send
            ),
        ),
        "basket": lambda: (
            f"With {', '.join(basket or [])}:",
            assistant.complete(basket, count=count, customer=customer),
        ),
        "goes-with": lambda: (
            f"With {goes_with}{f', of what may be offered to {customer}' if customer else ''}:",
            assistant.goes_with(goes_with, count=count, customer=customer),
        ),
        "who-for": lambda: (f"For whom {who_for} is:", assistant.who_for(who_for, count=count)),
    }[asked[0]]()
    typer.echo(title)
    _print(table)


def _print(table: Any) -> None:
    """Print a list with its reasons, or that it is empty."""
    if table.empty:
        typer.echo("Nothing: every item on the list was bought before, or may not be offered.")
        return
    print_table(table[[table.columns[0], "reason"]])
