"""What was put aside and what that does to revenue: from what the file states to what customers spent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from crmlab.canonical.transactions import FLAGS
from crmlab.data.bench import text
from crmlab.data.meaning.lines import CENT, Told

BUCKETS: Final[Mapping[str, tuple[str, str, str]]] = {
    "duplicate": (
        "is_duplicate",
        "equal to an earlier line (is_duplicate): left out of spend",
        "--duplicates keep",
    ),
    "bad_debt": ("is_bad_debt", "bad debts (is_bad_debt): not in spend", ""),
    "write_off": ("is_write_off", "stock written off (is_write_off): not in spend", ""),
    "named": ("cancels_line IS NOT NULL", "", ""),
    "loose": (
        "is_fee AND amount < 0",
        "discounts (is_fee), and refunds of fees, that take nothing off goods",
        "",
    ),
    "fee": ("is_fee", "fees (is_fee): not in spend", ""),
    "anonymous": ("customer IS NULL", "no customer (is_anonymous): not in spend", ""),
    "unnamed": ("is_cancellation", "returns and refunds that find no goods: they take nothing off", ""),
    "no_piece": ("quantity <= 0", "no piece sold (quantity 0): not in spend", ""),
}
"""{kind of line: condition, in words, what changes it}: the first that holds; all others are bought."""

BOUGHT: Final = "bought"


def kinds_of_lines(path: Path) -> list[dict[str, Any]]:
    """Return the written lines by their flags: `flag…, known, kind, lines, amount, gross`."""
    import duckdb

    told = (*FLAGS, "cancels_line IS NOT NULL")
    # one number instead of all flags: to group by it costs half
    bits = " | ".join(f"(({sql})::INT << {place})" for place, sql in enumerate(told))
    cases = " ".join(f"WHEN {sql} THEN {place}" for place, (sql, *_) in enumerate(BUCKETS.values()))
    with duckdb.connect(config={"threads": 2}) as connection:
        found = connection.execute(
            f"""SELECT ({bits} | (CASE {cases} ELSE {len(BUCKETS)} END << {len(told)}))::USMALLINT AS bits,
                count(*), sum(amount), coalesce(sum(amount) FILTER (amount > 0), 0)
            FROM read_parquet({text(str(path))}) GROUP BY bits"""
        ).fetchall()
    names, kinds = (*FLAGS, "known"), (*BUCKETS, BOUGHT)
    return [
        {name: bool(bits >> place & 1) for place, name in enumerate(names)}
        | {"kind": kinds[bits >> len(told)], "lines": lines, "amount": amount, "gross": gross}
        for bits, lines, amount, gross in found
    ]


def flags(kinds: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return per flag its lines, their amount and its share of gross revenue, as `cleaning.summary` does."""
    lines, gross = sum(k["lines"] for k in kinds), sum(k["gross"] for k in kinds)
    of = {flag: [k for k in kinds if k[flag]] for flag in FLAGS}
    found = {
        flag: {
            "lines": sum(k["lines"] for k in some),
            "share_of_lines": sum(k["lines"] for k in some) / max(lines, 1),
            "amount": float(sum(k["amount"] for k in some)),
            "share_of_gross_revenue": float(sum(k["amount"] for k in some) / gross) if gross else None,
        }
        for flag, some in of.items()
    }
    found["is_cancellation"]["of_a_known_line"] = sum(k["lines"] for k in kinds if k["known"])
    return found


def table(told: Iterable[Told], kinds: list[dict[str, Any]], file_lines: int) -> dict[str, Any]:
    """Return the way from what the file states to what customers spent, and what was noticed beside it.

    `rows` are `what, lines, amount, option`: the first is what the file states, the last what customers
    spent, and the amounts between them, added to the first, make the last. `noticed`: `what, how many, of
    what, option`.
    """
    told = list(told)
    moved = [t for t in told if abs(t.change) >= CENT or t.rule == "status"]
    whole = float(sum(k["amount"] for k in kinds))
    stated = whole - sum(t.change for t in moved)
    rows: list[list[Any]] = [["the file states", file_lines, stated, ""]]
    rows += [[t.what, t.lines, t.change, t.option] for t in moved]
    for kind, (_, words, option) in BUCKETS.items():
        some = [k for k in kinds if k["kind"] == kind]
        lines, amount = sum(k["lines"] for k in some), float(sum(k["amount"] for k in some))
        if lines and words:
            rows.append([words, lines, -amount, option])
    spent = [k for k in kinds if k["kind"] in (BOUGHT, "named")]
    rows.append(
        ["customers spent", sum(k["lines"] for k in spent), float(sum(k["amount"] for k in spent)), ""]
    )
    named = [k for k in kinds if k["kind"] == "named"]
    back, money = sum(k["lines"] for k in named), float(sum(k["amount"] for k in named))
    told.insert(
        0,
        Told("named", f"returns, refunds and discounts take {money:,.2f} off the lines they belong to", back),
    )
    noticed = [[t.what, t.lines, t.of, t.option] for t in told if t not in moved and t.lines]
    return {"rows": rows, "noticed": noticed}


def in_words(found: Mapping[str, Any], currency: str) -> list[str]:
    """Return the table as lines for the terminal."""
    rows = found["rows"]
    unit = f" ({currency})" if currency else ""
    head = f"What is put aside, and what that does to revenue{unit}:"
    if len(rows) == 2:
        # a status that counts changes nothing
        as_it_is = all("counted" in what for what, *_ in found["noticed"])
        head = "Every line counts as it stands, and nothing" if as_it_is else "Nothing"
        head += f" is put aside or removed{unit}:"
    width = max(len(what) for what, *_ in rows)
    stated = rows[0][2]
    lines = [head]
    for i, (what, n, amount, option) in enumerate(rows):
        share = f"{amount / stated:8.1%}" if stated else " " * 8
        sign = "," if i in (0, len(rows) - 1) else "+,"
        lines.append(
            f"  {what:<{width}}  {n:>9,}  {format(amount, f'{sign}.2f'):>15}  {share}  {option}".rstrip()
        )
    if found["noticed"]:
        lines.append("Noticed:")
        lines += [
            f"  {what}: {n:,} {of}{'s' * (n != 1)}" + (f" ({option})" if option else "")
            for what, n, of, option in found["noticed"]
        ]
    return lines
