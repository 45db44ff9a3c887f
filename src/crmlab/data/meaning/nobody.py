"""Who is nobody: guests, stand-ins for a missing customer, and one id that holds too much of a shop."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Sequence
from typing import Any, Final

from crmlab.data.bench import NUMBER, text
from crmlab.data.meaning.asked import Meaning
from crmlab.data.meaning.lines import Lines, Told, among
from crmlab.errors import UsageError, did_you_mean

NOBODY: Final = (
    *("0", "00", "000", "0000", "-1", "-", "--", "?"),
    *(
        "guest",
        "guests",
        "guest user",
        "guest customer",
        "guest checkout",
        "visitor",
        "gast",
        "invitado",
        "invité",
    ),
    *("null", "(null)", "<null>", "none", "nil", "nan", "<na>", "na", "n/a", "n.a.", "n.a", "#n/a", "#null!"),
    *("not available", "not set", "(not set)", "blank", "(blank)", "empty", "undefined", "missing"),
    *("unknown", "unbekannt", "inconnu", "anonymous", "anonym", "anonyme", "no customer", "not registered"),
    *("walk-in", "walkin", "walk in", "walk-in customer", "cash customer", "laufkunde", "not logged in"),
)
"""Words that stand in place of a customer, in lower case."""

MAIL: Final = r"(?i)(guest|no-?reply|anonymous|unknown|none|null)@.*"
SHARE, TIMES, FEWEST = 0.1, 10, 20
"""An id is outlandish with a tenth of all orders, ten times as many as the next, among twenty customers."""
FIRST: Final = 10_000
"""Of a long file so many lines are asked first."""
NO_NUMBER: Final = "customer < '1' OR customer >= ':'"
"""No word in place of a customer begins with a digit above 0, and most ids do: these are not looked up."""


def asked() -> dict[str, str]:
    """Return the aggregate that shows whether there are stand-ins for nobody."""
    return {"nobody": f"count_if({_words(NOBODY)})"}


def _words(words: Sequence[str]) -> str:
    """Return the condition that a customer is one of the words in place of a customer."""
    return f"CASE WHEN {NO_NUMBER} THEN {among('customer', words)} ELSE false END"


def anonymous(lines: Lines, seen: dict[str, Any], asked: Meaning) -> Lines:
    """Return the lines of nobody without a customer: stand-ins, the user's words, an outlandish id."""
    _check_there(lines, "--nobody", asked.nobody)
    _check_there(lines, "--somebody", asked.somebody)
    known = {word.lower() for word in asked.somebody}
    words = [w for w in NOBODY if w not in known]
    if "0" in words and seen["nobody"] and _counts_from_nought(lines):
        words.remove("0")
    nobody = _words(words)
    if asked.nobody:
        nobody += f" OR {among('customer', asked.nobody)}"
    if seen["mails"]:
        nobody += f" OR regexp_full_match(customer, {text(MAIL)})"
    if seen["nobody"] or seen["mails"] or asked.nobody:
        lines = _without(lines, "nobody", nobody)
    outlandish = _outlandish(lines, known)
    return _without(lines, "outlandish", f"customer = {text(outlandish)}") if outlandish else lines


def _check_there(lines: Lines, option: str, words: Sequence[str]) -> None:
    """Raise UsageError for an id that an option names and that no line has."""
    for word in words:
        if not lines.ask(among("customer", [word]))[0]:
            near = lines.workplace.run(
                f"SELECT DISTINCT customer FROM {lines.step} WHERE customer IS NOT NULL LIMIT 1000"
            )
            raise UsageError(f"{option}: no customer is '{word}'.{_near(word, [c for (c,) in near])}")


def _near(word: str, known: Sequence[str]) -> str:
    """Return which customers are nearly called so; nothing where none is."""
    return did_you_mean(word, known) if difflib.get_close_matches(word, known, n=1, cutoff=0.5) else ""


def _without(lines: Lines, rule: str, nobody: str) -> Lines:
    """Return the lines that meet a condition without their customer, and tell whom that concerns."""
    found = lines.workplace.run(
        f"SELECT customer, count(*), count(*) / (SELECT count(*) FROM {lines.step}) FROM {lines.step} "
        f"WHERE {nobody} GROUP BY customer ORDER BY 2 DESC, 1"
    )
    told = [
        Told(
            rule, f"'{who}' stands for nobody" + _share(rule, share), n, 0.0, f"--somebody {shlex.quote(who)}"
        )
        for who, n, share in found
    ]
    if not found:
        return lines
    # later steps compare with what was found: no look at the case of every customer again
    nobody = f"customer IN ({', '.join(text(who) for who, *_ in found)})"
    return lines.then(rule, {"customer": f"CASE WHEN NOT {nobody} THEN customer END"}).tell(*told)


def _share(rule: str, share: float) -> str:
    """Return why an id is taken for nobody where its word does not say it."""
    return f" ({share:.0%} of all lines, {TIMES} times as many as any other)" if rule == "outlandish" else ""


def _counts_from_nought(lines: Lines) -> bool:
    """Tell whether 0 is a customer among others that are numbered.

    It is where they are numbered from 0 on without a gap, or, of twenty customers or more, where it has no
    more lines than another.
    """
    number = "try_cast(customer AS BIGINT)"
    row = lines.workplace.row(
        f"""SELECT count({number}) AS people, max({number}) AS last, count(*) - people AS others,
            max(n) FILTER ({number} = 0) AS noughts, max(n) FILTER ({number} <> 0) AS most
        FROM (SELECT customer, count(*) AS n FROM (SELECT customer FROM {lines.step} LIMIT {FIRST})
            WHERE NOT coalesce({among("customer", NOBODY[1:])}, true) GROUP BY customer)"""
    )
    if row["others"] or row["people"] < 3:
        return False
    dense = row["last"] == row["people"] - 1
    return dense or (row["people"] >= FEWEST and (row["noughts"] or 0) <= row["most"])


def _outlandish(lines: Lines, known: set[str]) -> str | None:
    """Return the id that holds an outlandish share of the orders, if there is one and it is not known.

    Of a long file a part is asked first.
    """
    every = lines.workplace.counts["read"]
    step = max(1, every // FIRST)
    for source in dict.fromkeys((f"{lines.step} WHERE {NUMBER} % {step} = 0", f"{lines.step} WHERE true")):
        # lines stand for orders in the part that is asked first
        whole = source.endswith("true") and lines.has("order_id")
        orders = "count(DISTINCT order_id)" if whole else "count(*)"
        found = lines.workplace.run(
            f"SELECT customer, {orders} AS n, sum(n) OVER (), count(*) OVER () FROM {source} "
            "AND customer IS NOT NULL GROUP BY customer ORDER BY n DESC, customer LIMIT 2"
        )
        if len(found) < 2:
            return None
        (who, n, whole, people), (_, second, *_) = found
        if people < FEWEST or n < SHARE * whole or n < TIMES * second or who.lower() in known:
            return None
    return who
