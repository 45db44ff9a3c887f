"""What becomes of canonical rows: additive rows of whole numbers, each with the day on which it was known.

Every book is a SELECT of `code` (of the customer), `day` (on which it happened), `known` (the day on which it
became known: a cutoff at a later midnight sees it) and measures that may be summed over any rows. Days count
from 1970-01-01, money is in ten-thousandths. What is counted once (orders, products, days) is counted where
it is first seen; a cancellation is a row with its purchase's day and its own known day.

The tables `sales`, `cancelled`, `backs`, `visits`, `sent`, `asked` and `terms` hold the rows of the customers
whose books are made, with their code (`coded.py`, `parts.py`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final

KEYS: Final = ("code", "day", "known")

CANCELLED: Final = """
    SELECT code, day, known, sum(amount) AS amount, sum(touched) AS touched FROM (
        SELECT code, day, known, amount,
            (back < 0)::INT - coalesce(lag(back < 0) OVER line, false)::INT AS touched
        FROM (SELECT *, sum(quantity) OVER (PARTITION BY line_id ORDER BY known) AS back FROM (
            SELECT code, line_id, day, known, sum(amount) AS amount, sum(quantity) AS quantity
            FROM cancelled GROUP BY code, line_id, day, known))
        WINDOW line AS (PARTITION BY line_id ORDER BY known)
    ) GROUP BY code, day, known"""
"""Money taken back, and lines that are touched by a return from this day on (or no longer)."""

BESIDE_SALES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "cancelled": f"""
            SELECT code, day, known, amount::BIGINT AS net, touched::BIGINT AS touched FROM ({CANCELLED})""",
        "ratings": """
            SELECT code, known AS day, known, sum(rating)::BIGINT AS rating, count(*) AS ratings FROM (
                SELECT code, greatest(day, rated) AS known, rating FROM sales
                WHERE rating IS NOT NULL AND rated IS NOT NULL
            ) GROUP BY code, known""",
        "backs": """
            SELECT code, day, day AS known, count(*) AS back_lines, sum(amount)::BIGINT AS back
            FROM backs GROUP BY code, day""",
    }
)
"""What the book of purchases holds beside its lines (`purchases.py`)."""


def _summed(counts: Collection[str], large: Collection[str]) -> str:
    """Return the sums of measures: counts as int32, what may be large as int64."""
    every = {**dict.fromkeys(counts, "INT"), **dict.fromkeys(large, "BIGINT")}
    return ", ".join(f"coalesce(sum({name}), 0)::{kind} AS {name}" for name, kind in every.items())


VISITS: Final = """
    SELECT code, day, day AS known, count(*)::INT AS sessions, sum(pages)::BIGINT AS pages,
        count(pages)::INT AS paged, coalesce(sum(milliseconds), 0)::BIGINT AS milliseconds,
        count(milliseconds)::INT AS timed, count(*) FILTER (carted)::INT AS carts,
        count(*) FILTER (carted AND order_id IS NULL)::INT AS abandoned
    FROM visits GROUP BY code, day ORDER BY code, known"""

FIRST_VISITS: Final = """
    SELECT code, day, day AS known, pages AS first_pages, duration_seconds AS first_seconds,
        carted AS first_carted, {published} FROM visits
    QUALIFY row_number() OVER (PARTITION BY code ORDER BY timestamp, session_id) = 1 ORDER BY code"""

CONTACTS: Final = f"""
    SELECT code, day, known, {_summed(("contacts", "replies"), ())} FROM (
        SELECT code, day, day AS known, 1 AS contacts FROM sent
        UNION ALL BY NAME
        SELECT code, replied AS day, greatest(day, replied) AS known, 1 AS replies FROM sent
        WHERE replied IS NOT NULL
    ) GROUP BY code, day, known ORDER BY code, known, day"""

TICKETS: Final = f"""
    SELECT code, day, known,
        {_summed(("tickets", "open", "answered", "rated"), ("minutes", "satisfaction"))} FROM (
        SELECT code, day, day AS known, 1 AS tickets, 1 AS open FROM asked
        UNION ALL BY NAME
        SELECT code, day, greatest(day, answered_on) AS known, 1 AS answered, minutes FROM asked
        WHERE answered_on IS NOT NULL
        UNION ALL BY NAME
        SELECT code, day, greatest(day, resolved_on) AS known, -1 AS open, satisfaction,
            (satisfaction IS NOT NULL)::INT AS rated FROM asked
        WHERE resolved_on IS NOT NULL
    ) GROUP BY code, day, known ORDER BY code, known, day"""

RUNNING: Final = "FILTER (t.known_end IS NULL OR t.known_end > c.known)"
ENDED: Final = "FILTER (t.known_end <= c.known)"

STATES: Final = f"""
    SELECT c.code, c.known, count(*) AS terms, count(*) {RUNNING} AS running,
        coalesce(min(t.day) {RUNNING}, 0) AS since, coalesce(max(t.fee) {RUNNING}, 0) AS fee,
        count(*) {ENDED} AS ended, coalesce(max(t.ended_on) {ENDED}, 0) AS last_end
    FROM (
        SELECT DISTINCT code, day AS known FROM terms
        UNION SELECT DISTINCT code, known_end AS known FROM terms WHERE known_end IS NOT NULL
    ) AS c JOIN terms AS t ON t.code = c.code AND t.day <= c.known
    GROUP BY c.code, c.known"""

MEMBERSHIPS: Final = f"""
    SELECT code, known AS day, known, {{changes}} FROM ({STATES})
    WINDOW before AS (PARTITION BY code ORDER BY known) ORDER BY code, known"""
"""The oldest running term and the dearest are no sums: a row is by how much they changed on a day."""

_CHANGES = ", ".join(
    f"({c} - coalesce(lag({c}) OVER before, 0))::BIGINT AS {c}"
    for c in ("terms", "running", "since", "fee", "ended", "last_end")
)

BOOKS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "visits": ("sessions", VISITS),
        "contacts": ("contacts", CONTACTS),
        "tickets": ("tickets", TICKETS),
        "memberships": ("memberships", MEMBERSHIPS.format(changes=_CHANGES)),
    }
)
"""{book: (the canonical table that it is made of, the SELECT of its rows)}, beside the book of purchases."""


def of_order(column: str) -> str:
    """Return the rows of a text that an order shows: `value`, and by how much the number of orders changes.

    An order shows the value that sorts first among its lines, so a later line may take it away again.
    """
    return f"""
        WITH by_order AS (
            SELECT code, order_id, min(day) AS day, max(day) AS last, min({column}) AS value
            FROM sales WHERE {column} IS NOT NULL GROUP BY code, order_id
        ), by_day AS (
            SELECT code, order_id, day, min(min({column})) OVER seen AS value
            FROM sales SEMI JOIN (SELECT code, order_id FROM by_order WHERE day < last) USING (code, order_id)
            WHERE {column} IS NOT NULL GROUP BY code, order_id, day
            WINDOW seen AS (PARTITION BY code, order_id ORDER BY day)
        ), changed AS (
            SELECT code, day, value, lag(value) OVER seen AS before FROM by_day
            WINDOW seen AS (PARTITION BY code, order_id ORDER BY day)
        ), marks AS (
            SELECT code, day, value, 1 AS n FROM by_order WHERE day = last
            UNION ALL SELECT code, day, value, 1 FROM changed WHERE before IS DISTINCT FROM value
            UNION ALL SELECT code, day, before, -1 FROM changed WHERE before <> value
        )
        SELECT code, value, day AS known, sum(n)::INT AS n FROM marks GROUP BY code, value, day"""


CATEGORIES: Final = """
    SELECT code, category AS value, day AS known, count(*)::INT AS n
    FROM sales JOIN catalogue ON sales.product = catalogue.product_code
    WHERE category IS NOT NULL GROUP BY code, category, day"""
"""The rows of the category of each line."""
