"""Nothing at or after the cutoff reaches a feature, and nothing of the solution reaches a method."""

from __future__ import annotations

import datetime as dt

import ibis
import numpy as np
import pandas as pd
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from crmlab import registry, store
from crmlab.data.cleaning import Rules, flag
from crmlab.data.tables import canonical
from crmlab.history.gather import as_known, gather

START, CUT_DAY, END_DAY = pd.Timestamp("2024-01-01"), 60, 120
CUTOFF = dt.datetime(2024, 3, 1)  # START + 60 days
RULES = Rules(cancellation_prefix="C", bad_debt_prefix="A", merchandise=r"p\d")
CUSTOMERS = ["c0", "c1", "c2", "c3"]

people = st.sampled_from(CUSTOMERS)
past_days, future_days = st.integers(0, CUT_DAY - 1), st.integers(CUT_DAY, END_DAY)
late = st.one_of(st.none(), future_days)


def order_lines(days):
    """Raw lines on some days: purchases, cancellations, bad debts, fees, lines without a customer."""
    return st.tuples(
        st.one_of(people, people, people, st.none()),
        days,
        st.sampled_from(["p0", "p1", "POST"]),
        st.sampled_from([1, 2, 3, -1, -2]),
        st.sampled_from([0.0, 1.25, 3.1]),
        st.sampled_from(["o", "o", "A"]),
    )


futures = st.fixed_dictionaries(
    {
        "lines": st.lists(order_lines(future_days), max_size=12),
        "rated": st.lists(late, min_size=25, max_size=25),
        "replied": st.lists(late, min_size=6, max_size=6),
        "resolved": st.lists(late, min_size=6, max_size=6),
        "ended": st.lists(late, min_size=4, max_size=4),
        "later": st.lists(st.tuples(people, future_days), max_size=4),
    }
)
pasts = st.fixed_dictionaries(
    {
        "lines": st.lists(order_lines(past_days), min_size=12, max_size=25),
        "events": st.lists(st.tuples(people, past_days), min_size=6, max_size=6),
    }
)


def moment(days) -> pd.Series:
    return pd.Series(
        [pd.NaT if d is None else START + pd.Timedelta(days=d) for d in days], dtype="datetime64[us]"
    )


def transactions(past, future) -> pd.DataFrame:
    raw = [*past["lines"], *future["lines"]]
    customer, day, product, quantity, price, kind = zip(*raw, strict=True)
    # one order per customer and day; the id says what happened before, never what came after
    orders = [
        f"{'C' if q < 0 else k}-{c}-{d}" for c, d, q, k in zip(customer, day, quantity, kind, strict=True)
    ]
    place = pd.Series(orders).groupby(orders).cumcount()
    known = len(past["lines"])
    rated = moment([*future["rated"][:known], *([None] * len(future["lines"]))])
    return pd.DataFrame(
        {
            "line_id": [f"{o}-{n}" for o, n in zip(orders, place, strict=True)],
            "order_id": orders,
            "customer": pd.array(customer, dtype="str"),
            "timestamp": moment(day),
            "product": product,
            "quantity": quantity,
            "unit_price": price,
            "amount": [q * p for q, p in zip(quantity, price, strict=True)],
            "channel": ["web" if q > 1 else "app" for q in quantity],
            "rating": rated.notna().map({True: 5, False: None}),
            "rated_at": rated,
        }
    )


def events(past, future, late_name: str) -> tuple[list[str], pd.Series, pd.Series]:
    """Customers and times of some events, those after the cutoff last, and when each was answered."""
    everyone = [*past["events"], *future["later"]]
    answered = moment([*future[late_name], *([END_DAY] * len(future["later"]))])
    return [c for c, _ in everyone], moment([d for _, d in everyone]), answered


def shop(past, future) -> dict[str, pd.DataFrame]:
    """Return raw tables, as an adapter gives them."""
    who, when, replied = events(past, future, "replied")
    _, _, resolved = events(past, future, "resolved")
    n = len(who)
    ids = [f"e{i}" for i in range(n)]
    members = past["events"][:4]
    return {
        "transactions": transactions(past, future),
        "customers": pd.DataFrame({"customer": CUSTOMERS, "source": ["search", "social"] * 2}),
        "products": pd.DataFrame({"product": ["p0", "p1"], "category": ["toys", "books"]}),
        "sessions": pd.DataFrame(
            {
                "session_id": ids,
                "customer": who,
                "timestamp": when,
                "pages": range(n),
                "duration_seconds": [0.1 * i for i in range(n)],
                "carted": [i % 2 == 0 for i in range(n)],
                "order_id": pd.array([None] * n, dtype="str"),
                "source": ["search"] * n,
            }
        ),
        "contacts": pd.DataFrame(
            {
                "contact_id": ids,
                "customer": who,
                "timestamp": when,
                "campaign": "m",
                "channel": "email",
                "treatment": 1,
                "unit_cost": 0.1,
                "replied_at": replied,
            }
        ),
        "tickets": pd.DataFrame(
            {
                "ticket_id": ids,
                "customer": who,
                "timestamp": when,
                "topic": "t",
                "first_response_at": resolved,
                "resolved_at": resolved,
                "satisfaction": resolved.notna().map({True: 1, False: None}),
            }
        ),
        "memberships": pd.DataFrame(
            {
                "membership_id": ids[:4],
                "customer": [c for c, _ in members],
                "started": moment([d for _, d in members]),
                "ended": moment(future["ended"]),
                "monthly_fee": 5.0,
            }
        ),
        "events": looks(ids, who, when, replied),
        "fulfilment": pd.DataFrame(
            {
                "order_id": [f"o-{c}-{d}" for c, d in past["events"]],
                "timestamp": moment([d for _, d in past["events"]]),
                "promised": moment([d + 2 for _, d in past["events"]]),
                "shipped": moment(future["resolved"]),
                "delivered": moment(future["replied"]),
                "returned": moment(future["resolved"]),
            }
        ).drop_duplicates("order_id"),
        "reviews": pd.DataFrame(
            {"review_id": ids, "customer": who, "score": 2, "text": "so so", "created": when}
        ),
    }


def looks(ids, who, when, signed_in) -> pd.DataFrame:
    """Views of visitors, of whom some sign in later, or never."""
    return pd.DataFrame(
        {
            "event_id": ids,
            "visitor": [f"v{c}" for c in who],
            "customer": pd.Series(who, dtype="str").where(signed_in.notna()),
            "signed_in_at": signed_in,
            "timestamp": when,
            "kind": "view",
            "product": "p0",
        }
    )


IDS = ("customer", "order_id", "line_id", "cancels_line")


def what_methods_see(worlds: list[dict[str, pd.DataFrame]]) -> list[tuple[str, ...]]:
    """Re-run flags, canonical tables, populations and features; return digests for each world.

    The worlds go through the engine side by side, under ids of their own, as that is faster.
    """
    names = [f"w{i}:" for i in range(len(worlds))]
    parts = [
        _renamed(raw | {"transactions": flag(raw["transactions"], RULES)}, name)
        for raw, name in zip(worlds, names, strict=True)
    ]
    frames = {t: pd.concat([p[t] for p in parts], ignore_index=True) for t in parts[0]}
    frames["products"] = worlds[0]["products"]
    tables = {name: ibis.memtable(canonical(name, frame)) for name, frame in frames.items()}
    connection = store.engine()
    known = as_known(tables, CUTOFF, connection)
    seen = [
        connection.to_pyarrow(asked.population(known, cutoff=CUTOFF).order_by("customer")).to_pandas()
        for asked in (registry.find("tasks", name) for name in ("churn", "acquisition"))
    ]
    everyone = pd.DataFrame({"customer": [n + c for n in names for c in CUSTOMERS]})
    families = registry.names("features")
    seen.append(gather(known, everyone, connection, cutoff=CUTOFF, families=families))
    return [tuple(store.digest(_of_world(frame, name)) for frame in seen) for name in names]


def _renamed(raw: dict[str, pd.DataFrame], name: str) -> dict[str, pd.DataFrame]:
    """Put a world's name before its ids."""
    return {
        table: frame.assign(**{c: name + frame[c].astype("str") for c in IDS if c in frame})
        for table, frame in raw.items()
    }


def _of_world(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return the rows of one world under the customers' own names."""
    mine = frame[frame["customer"].str.startswith(name)].reset_index(drop=True)
    return mine.assign(customer=mine["customer"].str.removeprefix(name))


NOTHING = {
    "lines": [],
    "rated": [None] * 25,
    "replied": [None] * 6,
    "resolved": [None] * 6,
    "ended": [None] * 4,
    "later": [],
}


@seed(20261121)
@settings(max_examples=5, deadline=None, database=None)
@given(past=pasts, several=st.lists(futures, min_size=4, max_size=4))
def test_no_edit_at_or_after_the_cutoff_changes_a_byte_of_the_features(past, several):
    untouched, *edited = what_methods_see([shop(past, future) for future in [NOTHING, *several]])
    assert edited == [untouched] * len(several)


def test_an_edit_before_the_cutoff_does_change_them():
    line = ("c0", 10, "p0", 2, 3.1, "o")
    past = {"lines": [line, ("c1", 20, "p1", 1, 1.25, "o")], "events": [("c0", 3)] * 6}
    one_more = past | {"lines": [*past["lines"], ("c0", CUT_DAY - 1, "p0", 1, 3.1, "o")]}
    before, after = what_methods_see([shop(past, NOTHING), shop(one_more, NOTHING)])
    assert before[:2] == after[:2]
    assert before[2] != after[2]


def test_a_cancellation_counts_from_its_own_time_on():
    bought = ("c0", 10, "p0", 2, 3.1, "o")
    back = ("c0", CUT_DAY, "p0", -2, 3.1, "o")
    lines = flag(
        transactions({"lines": [bought, back], "events": []}, NOTHING | {"rated": [None, None]}), RULES
    )
    assert lines["cancels_line"].notna().sum() == 1
    table = {"transactions": ibis.memtable(canonical("transactions", lines))}
    connection = store.engine()
    spend = []
    for cutoff in (CUTOFF, CUTOFF + dt.timedelta(days=1)):
        known = as_known(table, cutoff, connection)
        one = pd.DataFrame({"customer": ["c0"]})
        found = gather(known, one, connection, cutoff=cutoff, families=["purchases"])
        spend.append(found["total_spend"].item())
    np.testing.assert_array_equal(spend, [6.2, 0.0])
