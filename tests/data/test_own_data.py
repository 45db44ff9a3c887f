"""A user's own CSV of orders."""

import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from crmlab import store, story
from crmlab.data import catalogue
from crmlab.data.described import described
from crmlab.data.own_data import from_csv
from crmlab.data.reading import Reading
from crmlab.data.values import cast
from crmlab.errors import CrmlabError, UsageError

ORDERS = """\
Order ID,CustomerID,Order Date,SKU,Qty,Price,Country
A1,00123,2024-01-05 10:00,x1,2,1.50,NA
A1,00123,2024-01-05 10:00,x2,1,4.00,NA
A2,,2024-02-01 09:00,x1,1,1.50,GB
A3,00123,2024-02-02 12:30,x1,-1,1.50,NA
"""


def bring(project, text, columns=None, name="mine", currency="", **said):
    file = project / "orders.csv"
    file.write_text(text, encoding="utf-8")
    return from_csv(name, file, columns, reading=Reading(**said), currency=currency)


def refusal(project, text, columns=None, **options):
    with pytest.raises(CrmlabError) as error:
        bring(project, text, columns, **options)
    assert error.value.exit_code == 2
    assert not store.fingerprint_file("mine").exists()
    return str(error.value)


def transactions(name="mine"):
    return pd.read_parquet(store.tables_folder(name) / "transactions.parquet")


def test_columns_are_recognised_and_ids_stay_text(project):
    found = bring(project, ORDERS, currency="EUR").fingerprint
    lines = transactions()
    assert lines["customer"].fillna("null").tolist() == ["00123", "00123", "null", "00123"]
    assert lines["country"].tolist() == ["NA", "NA", "GB", "NA"]
    assert [str(a) for a in lines["amount"]] == ["3.0000", "4.0000", "1.5000", "-1.5000"]
    assert lines["order_id"].tolist() == ["A1", "A1", "A2", "A3"]
    assert lines["quantity"].tolist() == [2, 1, 1, -1]
    assert lines["cancels_line"].fillna("none").tolist() == ["none"] * 3 + [lines.loc[0, "line_id"]]
    assert found["tables"]["transactions"]["rows"] == 4
    assert found["flags"]["is_anonymous"]["lines"] == 1
    assert found["flags"]["is_cancellation"]["of_a_known_line"] == 1
    assert found == store.read_json(store.fingerprint_file("mine"), made_by="")


def test_what_the_file_lacks_is_filled_in(project):
    bring(
        project,
        "who;when;sum\n7.0;2024-01-01;10\n8.0;2024-01-02;-3.25\n",
        {"customer": "who", "timestamp": "when", "amount": "sum"},
    )
    lines = transactions()
    assert lines["customer"].tolist() == ["7", "8"]
    assert lines["quantity"].tolist() == [1, -1]
    assert lines["unit_price"].astype(float).tolist() == [10.0, 3.25]
    assert lines["order_id"].is_unique
    assert lines["is_cancellation"].tolist() == [False, True]
    assert lines["product"].isna().all()


def test_lines_of_one_customer_at_one_time_are_one_order_where_products_are_given(project):
    bring(
        project,
        "customer,date,product,amount\n1,2024-01-01,x,1\n1,2024-01-01,y,1\n1,2024-01-02,x,1\n,2024-01-02,x,1\n",
    )
    assert transactions()["order_id"].nunique() == 3


def test_it_is_described_like_a_data_set_and_can_be_made_again(project):
    first = bring(project, ORDERS, currency="EUR")
    assert bring(project, ORDERS, currency="EUR") == first
    assert described("mine").span == ("2024-01-05", "2024-02-02")
    assert described("mine").currency == "EUR"
    assert described("cdnow").label == "CDNOW"


def test_it_is_listed_after_the_catalogue_and_its_card_is_whole(project):
    bring(project, ORDERS)
    last = catalogue.catalogue().iloc[-1].to_dict()
    assert last == {
        "name": "mine",
        "label": "mine (your own data)",
        "licence": "your own data",
        "rows": 4,
        "fetched": True,
    }
    assert story.card("mine") == (
        "**mine (your own data)**\n\n*Orders of your own shop. Licence: your own data.* Not published"
    )
    assert "mine" not in catalogue.page()


def test_it_tells_which_columns_it_recognised_and_what_it_flagged(project):
    brought = bring(project, ORDERS.replace("Country", "Shelf"))
    # by hand: 3 + 4 + 1.5 - 1.5 is stated, one line of 1.5 has no customer, one of -1.5 takes a line back
    assert brought.lines() == [
        "mine: 4 order lines from 2024-01-05 10:00:00 to 2024-02-02 12:30:00",
        "  customer ← CustomerID",
        "  timestamp ← Order Date",
        "  quantity ← Qty",
        "  unit_price ← Price",
        "  order_id ← Order ID",
        "  product ← SKU",
        "  not used: Shelf",
        "What is put aside, and what that does to revenue:",
        "  the file states                                   4             7.00    100.0%",
        "  no customer (is_anonymous): not in spend          1            -1.50    -21.4%",
        "  customers spent                                   3             5.50     78.6%",
        "Noticed:",
        "  returns, refunds and discounts take -1.50 off the lines they belong to: 1 line",
    ]


def test_nothing_removed_is_said_only_where_it_is_true(project):
    says = "Every line counts as it stands, and nothing is put aside or removed:"
    assert says in bring(project, "customer,date,amount\n1,2024-01-01,2\n").lines()
    twice = "customer,date,amount\n1,2024-01-01 10:00:01,2\n1,2024-01-01 10:00:01,2\n"
    assert "removed" not in "".join(bring(project, twice).lines())


@pytest.mark.parametrize("column", ["Client No", "client_no", "CLIENT-NO.", "ClientNo", "Customer  Number"])
def test_a_column_is_recognised_however_its_words_are_joined(project, column):
    brought = bring(project, f"{column},Order_Date,Unit Price,QTY\n1,2024-01-01,2,3\n")
    assert brought.columns["customer"] == column
    assert set(brought.columns) == {"customer", "timestamp", "unit_price", "quantity"}


def test_a_decimal_comma_is_read_where_the_column_proves_it(project):
    text = "customer;date;qty;price\n1;2024-01-01;2,0;1,50\n1;2024-01-02;1;-3\n"
    says = refusal(project, text.replace(",", "."), decimal={"": ","})
    assert "price '1.50' is not a plain number like 1234,56 (if '.' is the decimal sign: --decimal .)" in says
    with pytest.raises(UsageError, match=r"--decimal ';' is neither \. nor ,"):
        Reading(decimal={"": ";"})
    assert "price: ',' as decimal sign" in " ".join(bring(project, text).said)
    assert transactions()["amount"].astype(float).tolist() == [3.0, -3.0]
    bring(project, text, decimal={"": ","})
    assert transactions()["amount"].astype(float).tolist() == [3.0, -3.0]


# --- private data stay private -------------------------------------------------------------------
def git(folder, *words):
    return subprocess.run(
        ["git", *words], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.splitlines()


@pytest.fixture
def repository(project, monkeypatch):
    """Return a git repository with the project in a folder of it."""
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    git(project, "init", "--quiet")
    inner = project / "inner"
    inner.mkdir()
    (project / "params.yaml").rename(inner / "params.yaml")
    monkeypatch.chdir(inner)
    return inner


@pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")
def test_a_file_of_returns_alone_is_refused(project):
    lines = "Customer,Date,Amount\nann,2024-01-05,-10.00\nbob,2024-02-05,-4.00\n"
    assert "nothing was bought" in refusal(project, lines)


def test_git_does_not_see_what_describes_it(repository):
    exclude = repository.parent / ".git/info/exclude"
    exclude.write_text("# last line without an end")
    brought = bring(repository, ORDERS)
    facts = store.facts_file("churn", "mine")
    store.write_json(facts, {})
    store.write_json(store.facts_file("churn", "cdnow"), {})
    store.write_json(store.scores_file("churn", "mine"), {})
    store.write_json(store.metrics_file("churn", "mine"), {})
    seen = git(
        repository,
        "status",
        "--porcelain",
        "--untracked-files=all",
        "--",
        "data",
        "experiments",
        ":!*.parquet",
        ":!*.lock",
    )
    assert seen == ["?? inner/data/problems/churn/cdnow.json"]
    assert brought.lines()[-1] == (
        "Kept out of git: data/tables/mine.json, data/tables/mine/prices.json, data/problems/*/mine.json, "
        "experiments/scores/*/mine.json, experiments/metrics/*/mine.json"
    )
    once = exclude.read_text()
    assert once.startswith("# last line without an end\n/inner/data/tables/mine.json\n")
    bring(repository, ORDERS)
    assert exclude.read_text() == once


def test_without_git_nothing_is_said_of_it(project):
    assert bring(project, ORDERS).hidden == []


@pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")
def test_cleaning_keeps_the_users_own_tables(tmp_path):
    for folder in ("src/crmlab/datasets", "tests", "tools", "data/tables/cdnow", "data/tables/mine"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "src/crmlab/datasets/cdnow.py").touch()
    for facts in ("mine", "cdnow"):  # made here, and kept by git
        store.write_json(tmp_path / f"data/problems/churn/{facts}.json", {})
    makefile = Path(__file__).parents[2] / "Makefile"
    cleaned = subprocess.run(
        ["make", "-f", makefile, "clean"], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    assert [p.name for p in (tmp_path / "data/tables").iterdir()] == ["mine"]
    assert [p.name for p in (tmp_path / "data/problems/churn").iterdir()] == ["cdnow.json"]
    assert "kept: data/tables/mine/ (your own data: remove it by hand)" in cleaned.stdout


@pytest.mark.parametrize("name", ["", "Mine", "../evil", "a b", "1st", "a/b"])
def test_an_unsafe_name_is_refused(project, name):
    assert "use small letters, digits and _" in refusal(project, ORDERS, name=name)


def test_a_damaged_fingerprint_is_made_again(project):
    store.fingerprint_file("mine").parent.mkdir(parents=True)
    store.fingerprint_file("mine").write_bytes(b"[")
    assert bring(project, ORDERS).fingerprint["dataset"] == "mine"


def test_a_name_of_the_catalogue_is_refused(project):
    assert "'cdnow' is a data set of the catalogue" in refusal(project, ORDERS, name="cdnow")


@pytest.mark.parametrize(
    ("text", "columns", "says"),
    [
        ("custmer,date,amount\n1,2024-01-01,2\n", None, "no column for 'customer'. Did you mean 'custmer'?"),
        ("custmer,date,amount\n1,2024-01-01,2\n", None, "Name it: --column customer=custmer"),
        ("customr no,date,amount\n1,2024-01-01,2\n", None, "Name it: --column 'customer=customr no'"),
        ("who,date,amount\n1,2024-01-01,2\n", None, "Name it: --column customer=YOURS"),
        ("customer,date,amnt\n1,2024-01-01,2\n", None, "no column for 'amount'. Did you mean 'amnt'?"),
        (
            ORDERS,
            {"custmer": "CustomerID"},
            "'custmer' is not a field of an order line. Did you mean 'customer'",
        ),
        (
            ORDERS,
            {"customer": "Customer ID"},
            "has no column 'Customer ID' (for customer). Did you mean 'CustomerID'",
        ),
        (
            "client,buyer,date,amount\n1,1,2024-01-01,2\n",
            None,
            "'client' and 'buyer' could both be the customer: say which, --column customer=client",
        ),
        ("customer,date,amount\n", None, "orders.csv has no lines after its header"),
        ("", None, "orders.csv is empty"),
        ("customer,date,amount\n,2024-01-01,2\n", None, "customer is empty in every line"),
        ("customer,date,amount\n1,2024-01-01,2,3\n", None, "line 2: 4 values for 3 columns"),
        (
            "customer,date,amount\n1,03/04/2024,2\n",
            None,
            "date '03/04/2024' can be read as day/month or as month/day",
        ),
        ("customer,date,qty,price\n1,2024-01-01,1.5,2\n", None, "qty '1.5' is not a whole number (line 2)"),
    ],
)
def test_what_does_not_fit_is_said_in_the_callers_words(project, text, columns, says):
    assert says in refusal(project, text, columns)


def test_all_bad_values_are_reported_at_once_with_their_lines(project):
    text = "customer,date,amount\n1,2024-01-01,12\n1,oops,five\n\n"
    text += "1,2024-02-30,nan\n1,2024-03-01,1e308\n1,2024-03-01,1,5\n"
    assert "line 7: 4 values for 3 columns" in refusal(project, text)
    says = refusal(project, text.replace("1,5\n", '"1,5"\n'))
    assert "date 'oops' is not a date" in says
    assert "(lines 3, 5)" in says
    assert "amount 'five' is not a plain number like 1234.56 (lines 3, 5, 6)" in says


def test_a_missing_file(project):
    with pytest.raises(CrmlabError, match=r"there is no file 'gone\.csv'"):
        from_csv("mine", project.relative_to(project) / "gone.csv")


def test_what_the_first_lines_do_not_show_is_asked_of_the_whole_file(project, monkeypatch):
    monkeypatch.setattr(cast, "FIRST", 2)
    head = "customer,date,amount\n1.0,2024-01-05,2\n2.0,2024-01-06,3\n"
    bring(project, head + "3.0,2024-01-07,4\n")
    assert transactions()["customer"].tolist() == ["1", "2", "3"]
    bring(project, head + "A,2024-01-07,4\n")
    assert transactions()["customer"].tolist() == ["1", "2", "A"]
    says = refusal_of(project, head + "3,13/01/2024,4\n")
    assert "date '13/01/2024' is written in another form than '2024-01-05' (2 lines)" in says
    assert "(line 4)" in says


def refusal_of(project, text):
    """Return what is said of a file, whatever there was before it."""
    with pytest.raises(CrmlabError) as error:
        bring(project, text)
    return str(error.value)


def test_text_that_is_not_utf_8_is_refused_in_a_column_that_nobody_chose_too(project):
    file = project / "orders.csv"
    file.write_bytes(b"customer,date,amount,remark\n1,2024-01-01,2,ok\n1,2024-01-02,2,caf\xe9\n")
    with pytest.raises(CrmlabError, match="line 3: not UTF-8 text"):
        from_csv("mine", file)


@pytest.mark.parametrize("blank", [" ", "\n", "\r\n", "\t", "\u00a0", " \u2003"])
def test_blanks_around_a_value_are_no_part_of_it(project, blank):
    values = f'"7{blank}",2024-01-01,2\n"{blank}7",2024-01-02,2\n"{blank}",2024-01-03,2\n'
    bring(project, "customer,date,amount\n" + values)
    assert transactions()["customer"].fillna("none").tolist() == ["7", "7", "none"]
