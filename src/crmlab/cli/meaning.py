"""The options that say what the lines of a file mean, where the file leaves it open."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crmlab.cli.words import pair

if TYPE_CHECKING:
    from crmlab.data.meaning.asked import Meaning

From = Annotated[
    str | None, typer.Option("--from", help="The shop system: shopify, woocommerce, olist; or none.")
]
Fee = Annotated[list[str] | None, typer.Option(help="A column or a product that is a fee: freight_value.")]
Status = Annotated[
    list[str] | None, typer.Option(help="What becomes of orders of a status: STATUS=in, =out or =refunded.")
]
Total = Annotated[
    str | None,
    typer.Option(help="The amount is of its line, of its order, or not used: line, order, product."),
]
Price = Annotated[str | None, typer.Option(help="The price is of one unit or of the line: unit, line.")]
Discount = Annotated[
    str | None, typer.Option(help="A discount is money, share, percent, or included in the amount.")
]
Refund = Annotated[
    str | None,
    typer.Option(help="A refund that is on every line is of the order, or of each line: order, line."),
]
Duplicates = Annotated[
    str | None, typer.Option(help="Lines equal to an earlier one stay out of spend (out) or count (keep).")
]
Rates = Annotated[
    Path | None, typer.Option(help="Rates of currencies: a CSV with currency,rate and, if they change, date.")
]
Currency = Annotated[str, typer.Option(help="The currency of the amounts, such as EUR.")]
Nobody = Annotated[list[str] | None, typer.Option(help="An id that stands for no customer.")]
Somebody = Annotated[list[str] | None, typer.Option(help="An id that is a customer all the same.")]


def said(
    *,
    fee: list[str] | None,
    status: list[str] | None,
    nobody: list[str] | None,
    somebody: list[str] | None,
    **others: Any,
) -> Meaning:
    """Return the options as one value. Raises UsageError for an answer that there is not."""
    from crmlab.data.meaning.asked import Meaning

    return Meaning(
        fees=tuple(fee or ()),
        status=dict(pair(text) for text in status or []),
        nobody=tuple(nobody or ()),
        somebody=tuple(somebody or ()),
        **others,
    )
