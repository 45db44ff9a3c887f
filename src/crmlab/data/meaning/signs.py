"""Signs: a return never adds money, and what takes money off without giving goods back is no return."""

from __future__ import annotations

from typing import Any, Final

from crmlab.data.meaning.lines import DISCOUNT, FEE, GOODS, REFUND, Lines, Told, among

SOLD: Final = "SELECT DISTINCT product FROM {} WHERE product IS NOT NULL AND {} > 0"

KINDS: Final = {
    GOODS: (
        *(
            "sale",
            "sales",
            "order",
            "purchase",
            "payment",
            "charge",
            "invoice",
            "line item",
            "line_item",
            "item",
        ),
        *("product", "product sale", "goods", "capture", "debit", "buy", "sold"),
    ),
    REFUND: (
        *("refund", "return", "returned", "credit", "credit note", "credit memo", "creditnote", "chargeback"),
        *(
            "reversal",
            "refunded",
            "partial refund",
            "return item",
            "gutschrift",
            "retoure",
            "erstattung",
            "avoir",
        ),
    ),
    FEE: (
        *("shipping", "tax", "fee", "tip", "gratuity", "postage", "delivery", "handling", "freight", "duty"),
        *("versand", "steuer", "gift wrap", "giftwrap", "surcharge"),
    ),
    DISCOUNT: (
        "discount",
        "coupon",
        "voucher",
        "promotion",
        "promo",
        "rebate",
        "markdown",
        "rabatt",
        "gutschein",
    ),
}
"""What a column of kinds may say of a line."""


def asked(lines: Lines) -> dict[str, str]:
    """Return the aggregates that show whether signs contradict one another."""
    amount = lines.amount
    found = {"negative": f"count(*) FILTER ({amount} < 0)"}
    if lines.has("quantity"):
        found["unsigned"] = f"count(*) FILTER (quantity < 0 AND {amount} > 0)"
        found["taken_off"] = f"count(*) FILTER (quantity > 0 AND {amount} < 0)"
    if lines.has("unit_price", "quantity"):
        found["negative_price"] = "count(*) FILTER (unit_price < 0 AND quantity < 0)"
    return found


def take_off(seen: dict[str, Any]) -> bool:
    """Tell whether any line takes money off, as it is written or as it is meant."""
    return any(seen.get(n) for n in ("negative", "unsigned", "taken_off", "negative_price"))


def by_kind(lines: Lines) -> Lines:
    """Return the lines with the role that a column of kinds gives them; what it says else is told.

    Raises Refused where some of its words take money off and others are not known: these may, too.
    """
    if not lines.has("kind"):
        return lines
    words = {word: role for role, some in KINDS.items() for word in some}
    found = [
        k for (k,) in lines.workplace.run(f"SELECT DISTINCT lower(kind) FROM {lines.step} ORDER BY 1") if k
    ]
    unknown = [k for k in found if k not in words]
    roles = {words[k] for k in found if k in words}
    if unknown and roles - {GOODS}:
        raise lines.refuse(
            "kind",
            "is not known beside words that are: write it as sale, return, refund, fee or discount, or leave "
            "the column out (--column kind=)",
            among("kind", unknown),
        )
    if not roles - {GOODS}:
        values = ", ".join(f"'{k}'" for k in (unknown or found)[:4])
        what = f"'{lines.named('kind')}' says nothing that changes what a line is ({values}): it was not used"
        return lines.tell(Told("kind", what, 0))
    cases = "".join(f" WHEN {among('kind', KINDS[role])} THEN '{role}'" for role in sorted(roles))
    lines = lines.then("of_kind", {"role": f"CASE{cases} ELSE '{GOODS}' END"})
    told = [
        Told("kind", f"'{lines.named('kind')}' says {role}", lines.ask(f"role = '{role}'")[0])
        for role in sorted(roles - {GOODS})
    ]
    return lines.tell(*told)


def held_together(lines: Lines, seen: dict[str, Any]) -> Lines:
    """Return the lines with quantity and amount of one sign, and tell what was read otherwise than written.

    - A quantity below 0 with an amount above 0, or with a price below 0: a return, whose amount has no sign.
    - A quantity above 0 with an amount below 0: a return where its product is sold elsewhere in the file (the
      sign stands at the amount only), and money off (a coupon, a discount) where it is not.
    - A line that a column calls a refund or a discount takes money off, whatever its sign.
    """
    amount = lines.amount
    if lines.has("role"):
        lines = _by_role(lines)
        amount = "amount"
    if seen.get("unsigned") or seen.get("negative_price"):
        wrong = f"quantity < 0 AND {amount} > 0"
        count, money = lines.ask(wrong)
        new = {"amount": f"CASE WHEN {wrong} THEN -({amount}) ELSE {amount} END"}
        if lines.has("unit_price"):
            new["unit_price"] = "CASE WHEN quantity < 0 THEN abs(unit_price) ELSE unit_price END"
        lines = lines.then("signed", new).tell(
            Told("signs", "returns whose amount had no sign: it takes money off", count, -2 * money)
        )
        amount = "amount"
    return _taken_off(lines, amount) if seen.get("taken_off") else lines


def _by_role(lines: Lines) -> Lines:
    """Return the lines of refunds and discounts with amounts below 0."""
    amount = lines.amount
    off = f"role IN ('{REFUND}', '{DISCOUNT}') AND {amount} > 0"
    count, money = lines.ask(off)
    new = {"amount": f"CASE WHEN {off} THEN -({amount}) ELSE {amount} END"}
    if lines.has("quantity"):
        # a refund gives its pieces back; a discount gives none
        new["quantity"] = (
            f"CASE role WHEN '{REFUND}' THEN -abs(quantity) WHEN '{DISCOUNT}' THEN 0 ELSE quantity END"
        )
    if lines.has("unit_price"):
        new["unit_price"] = "abs(unit_price)"
    return lines.then("signed_by_kind", new).tell(
        Told(
            "signs",
            "refunds and discounts written without their sign: they take money off",
            count,
            -2 * money,
        )
    )


def _taken_off(lines: Lines, amount: str) -> Lines:
    """Return the lines that take money off at a quantity above 0 as returns or as discounts."""
    lines = lines if lines.has("role") else lines.then("with_role", {"role": f"'{GOODS}'"})
    minus = f"quantity > 0 AND {amount} < 0 AND role = '{GOODS}'"
    sold = f"product IN ({SOLD.format(lines.step, amount)})" if lines.has("product") else "true"
    if lines.has("product") and not lines.row({"n": "count(product)"})["n"]:
        sold = "true"
    back, off = f"{minus} AND coalesce({sold}, false)", f"{minus} AND NOT coalesce({sold}, false)"
    told = (
        Told("signs", "returns whose quantity had no sign", lines.ask(back)[0]),
        Told("discount_lines", "lines that take money off (coupons, discounts)", lines.ask(off)[0]),
    )
    new = {
        "quantity": f"CASE WHEN {back} THEN -quantity WHEN {off} THEN 0 ELSE quantity END",
        "role": f"CASE WHEN {off} THEN '{DISCOUNT}' ELSE role END",
    }
    if not lines.has("amount"):
        new["amount"] = amount
    if lines.has("unit_price"):
        new["unit_price"] = f"CASE WHEN {minus} THEN abs(unit_price) ELSE unit_price END"
    return lines.then("taken_off", new, kept=True).tell(*told)
