"""Numbers that people and shop systems wrote."""

import pandas as pd
import pyarrow as pa
import pytest

from crmlab.data.bench import bench
from crmlab.data.reading import Reading
from crmlab.data.values import cast as casting
from crmlab.data.values.cast import cast
from crmlab.declare.table import MONEY, WHOLE


@pytest.fixture
def read(tmp_path):
    """Return a function: texts as the numbers of a column, and what is wrong with them."""

    def asked(*values, kind=MONEY, required=True, **said):
        with bench(tmp_path) as workplace:
            frame = pd.DataFrame({"number": range(1, len(values) + 1), "paid": pd.array(values, "string")})
            workplace.connection.register("given", pa.Table.from_pandas(frame, preserve_index=False))
            workplace.run("CREATE TABLE read AS SELECT * FROM given")
            needed = ["paid"] if required else []
            found = cast(workplace, {"paid": kind}, Reading(**said), required=needed)["paid"]
            numbers = [n for (n,) in workplace.run("SELECT paid FROM typed ORDER BY number")]
            return numbers, [(fault.what, list(fault.rows)) for fault in found], list(workplace.said)

    return asked


def numbers(read, *values, **said):
    found, faults, _ = read(*values, **said)
    assert faults == []
    return found


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (("12.50", "3", "-4.25"), [12.5, 3, -4.25]),
        (("12,50", "3", "-4,25"), [12.5, 3, -4.25]),
        # a column that proves its sign decides about thousands, too
        (("1,250", "3.50"), [1250, 3.5]),
        (("1.250", "3,50"), [1250, 3.5]),
        (("1.250", "3.50"), [1.25, 3.5]),
        (("1,250.00", "12,480.50"), [1250, 12480.5]),
        (("1.250,00", "980"), [1250, 980]),
        (("1,250,000", "5,000"), [1250000, 5000]),
        (("1.250.000", "5.000"), [1250000, 5000]),
        (("12,34,567.50",), [1234567.5]),
        (("1'250.50", "980"), [1250.5, 980]),
        (("1’250,50",), [1250.5]),
        (("1 250,50", "1\u00a0250", "12\u202f480,5"), [1250.5, 1250, 12480.5]),
        (("0,250", "1,500"), [0.25, 1.5]),
        (("1250.125", "1.250"), [1250.125, 1.25]),
        ((".50", "-.5"), [0.5, -0.5]),
    ],
)
def test_the_column_decides_which_sign_is_the_decimal_one(read, values, expected):
    assert numbers(read, *values) == expected


def test_one_sign_of_a_currency_among_bare_amounts_is_asked_about(read):
    values = ("10.00", "$12.00", "0", "14.00")
    _, faults, _ = read(*values)
    ((what, rows),) = faults
    assert what.startswith("says its currency, '$', and other amounts do not (2 lines)")
    assert "--currency EUR" in what
    assert rows == [1]
    assert numbers(read, *values, currency="USD") == [10, 12, 0, 14]
    # nothing is of every currency
    assert numbers(read, "$12.00", "0") == [12, 0]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("$1,234.50", 1234.5),
        ("-$18.00", -18),
        ("$-18.00", -18),
        ("($18.00)", -18),
        ("$(18.00)", -18),
        ("(18.00)", -18),
        ("18.00-", -18),
        ("\u221218.00", -18),
        ("+18.00", 18),
        ("€ 18.00", 18),
        ("18.00 €", 18),
        ("EUR 18.00", 18),
        ("18.00 EUR", 18),
        ("US$18.00", 18),
        ("R$ 18.00", 18),
        ("18.00 kr", 18),
        ("CHF\u00a01'018.00", 1018),
        ("1.25E+3", 1250),
        ("1e3", 1000),
    ],
)
def test_signs_of_money(read, text, number):
    assert numbers(read, text, "7.25", currency="EUR") == [number, 7.25]


def test_an_exponent_proves_its_decimal_sign(read):
    assert numbers(read, "1,25E+03", "1,250") == [1250, 1.25]


@pytest.mark.parametrize(
    ("values", "many", "few", "sign"),
    [
        (("1,250", "980"), 1250, 1.25, ","),
        (("1.250", "12.480"), 1250, 1.25, "."),
        (("$2,000", "$980"), 2000, 2, ","),
    ],
)
def test_what_the_column_leaves_open_is_asked_with_both_readings(read, values, many, few, sign):
    _, ((what, rows),), _ = read(*values)
    assert f"is {many:g} or {few:g}" in what
    assert f"--thousands paid={sign} (thousands: {many:g})" in what
    assert f"--thousands paid=none (decimals: {few:g})" in what
    assert rows[0] == 0
    assert numbers(read, *values, thousands={"paid": sign})[0] == many
    assert numbers(read, *values, thousands={"paid": "none"})[0] == few
    assert numbers(read, *values, thousands={"": sign})[0] == many


def test_a_decimal_sign_that_was_said_is_not_believed_against_all_values(read):
    _, ((what, _),), _ = read("1,250", "12,480", "980", decimal={"": ","})
    assert "two ways" in what
    assert numbers(read, "1,250", "12,4", decimal={"": ","}) == [1.25, 12.4]
    assert numbers(read, "1,250", "980", decimal={"": "."}) == [1250, 980]


def test_one_proof_against_many_is_not_believed(read):
    _, ((what, _),), _ = read(*["1,250"] * 50, "2,5")
    assert "two ways" in what
    # the other way round the many agree with the one
    assert numbers(read, *["1,250"] * 50, "2,500.50")[0] == 1250


def test_a_contradiction_is_refused(read):
    _, ((what, rows),), _ = read("1,50", "2,75", "3.25")
    assert "contradicts the decimal sign of other lines, such as '1,50'" in what
    assert rows == [2]


def test_several_currencies_are_refused(read):
    _, ((what, rows),), _ = read("$1.50", "$2.50", "3.25 €")
    assert "'$' in 2 lines, '€' in 1 lines" in what
    assert rows == [2]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "five",
        "nan",
        "inf",
        "1e308",
        "9999999999999",
        "5%",
        "1.2.3",
        "--5",
        "-(5)",
        "(5",
        "12-13",
        "$5€",
        "1,25,0",
    ],
)
def test_what_is_no_number(read, text):
    _, ((what, rows),), _ = read("1.25", text or None)
    assert what.startswith("is not a plain number like 1234.56")
    assert rows == [1]


def test_whole_numbers(read):
    assert numbers(read, "2", "3.0", "-1", kind=WHOLE) == [2, 3, -1]
    assert numbers(read, "2", "1,000,000", kind=WHOLE) == [2, 1000000]
    assert read("2", "1.5", kind=WHOLE)[1] == [("is not a whole number", [1])]
    assert "two ways" in read("2.000", "1.000", kind=WHOLE)[1][0][0]


def test_what_need_not_be_there(read):
    assert read("1.5", None, required=False)[:2] == ([1.5, None], [])
    assert read("1.5", None, "x", required=False)[1] == [("is not a plain number like 1234.56", [2])]


def test_it_says_how_a_column_was_read(read):
    assert read("$1,250.00", "$3.50")[2] == [
        "paid: '.' as decimal sign, ',' as sign of thousands, '$' taken off"
    ]
    assert read("1.50")[2] == []


def test_later_lines_are_read_like_the_whole_column(read, monkeypatch):
    monkeypatch.setattr(casting, "FIRST", 2)
    assert numbers(read, "1", "2", "1,250.00") == [1, 2, 1250]
    assert numbers(read, "1.5", "2", "1.250") == [1.5, 2, 1.25]
    assert "two ways" in read("1", "2", "1.250")[1][0][0]
