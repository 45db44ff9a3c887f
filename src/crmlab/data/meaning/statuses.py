"""What became of an order: cancelled, failed, waiting for its money, refunded."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Final

from crmlab.data.bench import text
from crmlab.data.meaning.asked import Meaning
from crmlab.data.meaning.lines import GOODS, REFUND, Lines, Told
from crmlab.data.meaning.whole import whole, with_lines
from crmlab.errors import UsageError, did_you_mean

OUT: Final = frozenset(
    [
        "cancelled",
        "canceled",
        "cancel",
        "voided",
        "void",
        "failed",
        "failure",
        "declined",
        "rejected",
        "denied",
        "expired",
        "abandoned",
        "draft",
        "checkoutdraft",
        "autodraft",
        "trash",
        "deleted",
        "error",
        "unavailable",
        "fraud",
        "suspectedfraud",
        "unpaid",
        "pending",
        "pendingpayment",
        "awaitingpayment",
        "paymentpending",
        "awaiting",
        "onhold",
        "hold",
        "created",
        "notpaid",
        "paymenterror",
        "storniert",
        "abgebrochen",
        "fehlgeschlagen",
        "unbezahlt",
        "annulé",
        "annulée",
        "annule",
        "échouée",
        "cancelado",
        "cancelada",
        "fallido",
        "pendiente",
        "pendente",
    ]
)
"""Orders that were not made good, or not yet: put aside."""

REFUNDED: Final = frozenset(
    [
        "refunded",
        "refund",
        "fullyrefunded",
        "returned",
        "return",
        "chargeback",
        "reversed",
        "chargedback",
        "erstattet",
        "zurückgegeben",
        "remboursé",
        "remboursée",
        "reembolsado",
        "devuelto",
        "devolvido",
    ]
)
"""Orders whose money went back."""

IN: Final = frozenset(
    [
        "completed",
        "complete",
        "paid",
        "shipped",
        "delivered",
        "fulfilled",
        "processing",
        "processed",
        "approved",
        "invoiced",
        "closed",
        "done",
        "success",
        "successful",
        "succeeded",
        "sent",
        "finished",
        "settled",
        "captured",
        "authorized",
        "authorised",
        "confirmed",
        "active",
        "ok",
        "partiallypaid",
        "partiallyrefunded",
        "partiallyfulfilled",
        "partiallyshipped",
        "partiallyreturned",
        "intransit",
        "outfordelivery",
        "pickedup",
        "shippeddeliveredtobuyer",
        "readyforpickup",
        "dispatched",
        "collected",
        "received",
        "sale",
        "yes",
        "valid",
        "abgeschlossen",
        "bezahlt",
        "versendet",
        "geliefert",
        "in_bearbeitung",
        "terminée",
        "terminé",
        "payé",
        "payée",
        "expédiée",
        "completado",
        "pagado",
        "enviado",
        "entregado",
        "pago",
    ]
)
"""Orders that count."""


LOOKS: Final = re.compile(
    r"cancel|storn|annul|void|refund|return|retour|delet|fraud|(^|[^a-z])(status|state|test|failed|paid)([^a-z]|$)",
    re.IGNORECASE,
)
"""What the name of a column has that may say which orders count."""


def hints(unused: Sequence[str]) -> list[str]:
    """Return a hint for each column that was not used and may say which orders count."""
    return [
        f"  {name} was not used: if it says which orders count, --column {shlex.quote(f'status={name}')} "
        "and, for each word that is not known, --status WORD=out"
        for name in unused
        if LOOKS.search(name)
    ]


def plain(status: str) -> str:
    """Return a status without case, blanks and punctuation, and without the prefix of WooCommerce."""
    return re.sub(r"[\W_]+", "", status.lower().removeprefix("wc-"))


def proposed(status: str) -> str | None:
    """Return what becomes of the orders of a status unless the user says otherwise: None where it is unknown.

    A status may say more than one thing (Amazon's 'Shipped - Returned to Seller'): the last of them that is
    known, by all of its words or by its first.
    """
    said = [status, *re.split(r"\s+-\s+|[:/]", status)]
    for part in [p for one in reversed(said) for p in (one, *one.split()[:1])]:
        for decision, words in (("out", OUT), ("refunded", REFUNDED), ("in", IN)):
            if plain(part) in words:
                return decision
    return None


def by_status(lines: Lines, asked: Meaning) -> Lines:
    """Return the lines of the orders that count, and tell what became of every status.

    Refunded orders stay, as their customer bought, and a line takes all of their money back; the file does
    not say when, so it is taken for the time of the order. Where a column says how much was refunded, that
    counts.
    """
    if not lines.has("status"):
        if asked.status:
            raise UsageError("--status: no column says the status. Name it: --column status=YOURS")
        return lines
    found = lines.workplace.run(
        f"SELECT status, count(*), coalesce(sum({lines.amount}), 0) FROM {lines.step} "
        "WHERE status IS NOT NULL GROUP BY status ORDER BY 2 DESC, 1"
    )
    decided = _decided([s for s, *_ in found], asked)
    if not any(asked.status) and not any(proposed(s) for s, *_ in found):
        values = ", ".join(f"'{s}'" for s, *_ in found[:4])
        what = f"'{lines.named('status')}' says nothing that is known ({values}): it was not used"
        return lines.tell(Told("status", what, sum(n for _, n, _ in found), option="--status VALUE=out"))
    lines = lines.tell(*(_told(lines, s, n, money, decided[s]) for s, n, money in found))
    back = [s for s, decision in decided.items() if decision == "refunded"]
    if back:
        lines = _refunded(lines, _in(back))
    out = [s for s, decision in decided.items() if decision == "out"]
    return lines.then("of_status", where=f"status IS NULL OR NOT {_in(out)}") if out else lines


def _decided(statuses: list[str], asked: Meaning) -> Mapping[str, str | None]:
    """Return {status: what becomes of its orders}: as the user says, else as proposed."""
    given = {plain(s): decision for s, decision in asked.status.items()}
    there = {plain(s) for s in statuses}
    for status in asked.status:
        if plain(status) not in there:
            raise UsageError(f"--status: no order is '{status}'." + did_you_mean(status, statuses))
    return {s: given.get(plain(s), proposed(s)) for s in statuses}


def _told(lines: Lines, status: str, n: int, money: float, decision: str | None) -> Told:
    """Return what is told of a status."""
    if decision == "out":
        return Told("status", f"status {status}: put aside", n, -money, _option(status, "in"))
    if decision == "refunded":
        what = (
            f"status {status}: bought, and what was refunded comes off (all of it unless a column says less)"
        )
        return Told("status_refunded", what, n, 0.0, _option(status, "out"))
    if decision is None:
        return Told("status_unknown", f"status {status}: not known, counted", n, 0.0, _option(status, "out"))
    return Told("status_in", f"status {status}: counted", n)


def _option(status: str, decision: str) -> str:
    """Return the option that decides what becomes of a status."""
    return f"--status {shlex.quote(f'{status}={decision}')}"


def _in(statuses: list[str]) -> str:
    """Return the condition that a line has one of some statuses."""
    return f"status IN ({', '.join(map(text, statuses))})"


def _refunded(lines: Lines, back: str) -> Lines:
    """Return the lines, and one for each line of goods of a refunded order that takes its money back."""
    lines = whole(lines)
    without = f"order_id NOT IN (SELECT order_id FROM {lines.step} WHERE role = '{REFUND}')"
    concerned = f"{back} AND role = '{GOODS}' AND amount > 0 AND {without}"
    lines_back, money = lines.ask(concerned)
    if not lines_back:
        return lines
    new = {"quantity": "-quantity", "amount": "-amount", "role": text(REFUND)}
    return with_lines(lines, "with_refunds", new, concerned).tell(
        Told("refunds", "orders refunded, at the time of the order", lines_back, -money)
    )
