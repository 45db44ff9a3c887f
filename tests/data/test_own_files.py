"""A shop's own files in the forms that systems and people write them, from the file to its tables."""

import datetime as dt

import pandas as pd
import pytest
import workbooks

from crmlab import store
from crmlab.data.own_data import from_csv
from crmlab.data.own_names import problems
from crmlab.data.reading import Reading
from crmlab.errors import CrmlabError


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "params.yaml").write_text(
        "seed: 1\nproblems:\n  churn-spring:\n    task: churn\n    problem: spring\n    dataset: cdnow\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    return tmp_path


def bring(folder, content, columns=None, *, name="orders.csv", **said):
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return from_csv("mine", folder / name, columns, reading=Reading(**said))


def refusal(folder, content, columns=None, **said):
    with pytest.raises(CrmlabError) as error:
        bring(folder, content, columns, **said)
    assert error.value.exit_code == 2
    assert not store.fingerprint_file("mine").exists()
    assert not store.tables_folder("mine").exists()
    return str(error.value)


def spend():
    lines = pd.read_parquet(store.tables_folder("mine") / "transactions.parquet")
    return lines["amount"].astype(float).groupby(lines["customer"]).sum().to_dict()


def times():
    lines = pd.read_parquet(store.tables_folder("mine") / "transactions.parquet")
    return [str(time) for time in lines["timestamp"]]


def test_money_of_a_till(project):
    text = "Customer ID,Date,Time,Item,Qty,Net Sales\nK1,2024-03-01,09:15:00,Tea,1,$4.00\n"
    text += 'K1,2024-04-01,10:00:00,Pot,10,"$1,240.00"\nK1,2024-05-01,11:30:00,Pot,-1,-$124.00\n'
    brought = bring(project, text, {"amount": "Net Sales"})
    assert spend() == {"K1": 1120.0}
    assert times() == ["2024-03-01 09:15:00", "2024-04-01 10:00:00", "2024-05-01 11:30:00"]
    assert "  time_of_day ← Time" in brought.lines()
    assert brought.unused == []


def test_a_column_called_time_that_holds_something_else_is_not_used(project):
    brought = bring(project, "customer,date,time,total\n1,2024-03-01,3 days,4\n2,2024-03-02,2 days,5\n")
    assert brought.unused == ["time"]
    assert times() == ["2024-03-01 00:00:00", "2024-03-02 00:00:00"]
    text = "customer,date,clock,total\n1,2024-03-01,10:00 AM,4\n2,2024-03-02,1:30 PM,5\n"
    bring(project, text, time="clock")
    assert times() == ["2024-03-01 10:00:00", "2024-03-02 13:30:00"]
    with pytest.raises(CrmlabError, match=r"--time: orders\.csv has no column 'hour'"):
        bring(project, text, time="hour")


def test_yen_with_thousands_are_asked_for_and_read_by_the_answer(project):
    text = 'customer,date,total\n1,2024-01-05,"¥2,480"\n2,2024-02-05,"¥15,000"\n1,2024-03-05,¥700\n'
    assert "2480 or 2.48" in refusal(project, text)
    assert "2480 or 2.48" in refusal(project, text, decimal={"": ","})
    bring(project, text, thousands={"": ","})
    assert spend() == {"1": 3180.0, "2": 15000.0}


def test_pieces_in_thousands_are_asked_for_though_prices_have_a_decimal_point(project):
    text = "customer;date;sku;quantity;price\n1;2024-01-05;x;3.000;0.25\n2;2024-02-05;x;2.000;0.25\n"
    assert "--thousands quantity=. (thousands: 3000)" in refusal(project, text)
    bring(project, text, thousands={"quantity": "."})
    assert spend() == {"1": 750.0, "2": 500.0}


def test_another_column_proves_that_a_sign_is_one_of_thousands(project):
    text = "customer;date;sku;quantity;price\n1;2024-01-05;x;3.000;0,25\n2;2024-02-05;x;2.000;0,25\n"
    brought = bring(project, text)
    assert "quantity: '.' as sign of thousands" in brought.said
    assert spend() == {"1": 750.0, "2": 500.0}


def test_a_bank_like_export(project):
    text = "Umsätze vom 31.12.2024;;;\n;;;\nKunde;Datum;Betrag;Notiz\n"
    text += "7;13.05.2024;1.250,75-;Rückgabe\n7;01.06.2024;3.000,00;\n"
    content = text.encode("cp1252")
    says = refusal(project, content, {"customer": "Kunde", "timestamp": "Datum", "amount": "Betrag"})
    assert "--encoding cp1252" in says
    columns = {"customer": "Kunde", "timestamp": "Datum", "amount": "Betrag"}
    bring(project, content, columns, encoding="cp1252")
    assert spend() == {"7": 1749.25}
    assert times() == ["2024-05-13 00:00:00", "2024-06-01 00:00:00"]


def test_no_header_is_said_and_answered(project):
    text = "0001,19970101,1,11.77\n0002,19970112,2,12.00\n"
    assert "line 1 holds values" in refusal(project, text)
    bring(project, text, names=("customer", "date", "quantity", "amount"))
    assert spend() == {"0001": 11.77, "0002": 12.0}
    bring(project, text, {"customer": "1", "timestamp": "2", "quantity": "3", "amount": "4"}, header=False)
    assert spend() == {"0001": 11.77, "0002": 12.0}


def test_faults_are_named_by_the_lines_of_the_users_own_file(project):
    text = "Report\n\ncustomer,date,total\n1,2024-01-05,2\n1,oops,3\n"
    assert "date 'oops' is not a date" in refusal(project, text)
    assert "(line 5)" in refusal(project, text)
    assert "line 6: 4 values for 3 columns" in refusal(project, text + "1,2024-01-05,2,9\n")


def test_a_workbook_of_orders(project):
    sheet = [["Customer", "Date", "Total"], [12346, dt.datetime(2024, 1, 5, 9, 30), 1.125]]
    sheet.append([12347, dt.datetime(2024, 2, 5, 9, 30), workbooks.Formula("2*10").valued(20)])
    from_csv("mine", workbooks.write(project / "orders.xlsx", {"Orders": sheet}))
    assert spend() == {"12346": 1.125, "12347": 20.0}
    sheet[1][1] = "soon"
    with pytest.raises(CrmlabError) as error:
        from_csv("mine", workbooks.write(project / "orders.xlsx", {"Orders": sheet}))
    assert "orders.xlsx, sheet 'Orders' cannot be read" in str(error.value)
    assert "Date 'soon' is not a date" in str(error.value)
    assert "(line 2)" in str(error.value)


def test_a_file_that_is_no_workbook_whatever_it_is_called(project):
    import zipfile

    with zipfile.ZipFile(project / "orders.xlsx", "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
    with pytest.raises(CrmlabError, match="is an Excel workbook that cannot be read"):
        from_csv("mine", project / "orders.xlsx")


def test_a_frame(project):
    frame = pd.DataFrame(
        {
            "customer": ["007", "8"],
            "date": pd.to_datetime(["2024-03-04 10:00", "2024-05-06 11:00"]),
            "total": [1.125, 2.5],
        }
    )
    assert from_csv("mine", frame).fingerprint["tables"]["transactions"]["rows"] == 2
    assert spend() == {"007": 1.125, "8": 2.5}
    with pytest.raises(CrmlabError, match="the frame has no column 'x'"):
        from_csv("mine", frame, {"customer": "x"})


def test_several_files(project):
    for month, amount in (("01", "5"), ("02", "6.5")):
        (project / f"2024-{month}.csv").write_text(f"customer,date,total\n7,2024-{month}-05,{amount}\n")
    brought = from_csv("mine", str(project / "2024-*.csv"))
    assert spend() == {"7": 11.5}
    assert brought.said[0] == "2 files read: 2024-01.csv, 2024-02.csv"
    (project / "2024-03.csv").write_text("customer,date,total\n7,soon,2\n")
    with pytest.raises(CrmlabError, match=r"\(line 2024-03\.csv 2\)"):
        from_csv("mine", str(project / "2024-*.csv"))


def test_lines_outside_the_days_are_put_aside_and_counted(project):
    days = "".join(f"{i},2024-01-{i:02},5\n" for i in range(1, 29))
    text = f"customer,date,total\n{days}9,2042-01-01,5\n9,0000-00-00,5\n"
    assert "17.9 years after" in refusal(project, text.replace("0000-00-00", "2024-01-05"))
    assert "stand-in for no date" in refusal(project, text)
    brought = bring(project, text, since="2024-01-01", until="2024-12-31")
    assert "2 lines put aside (not from 2024-01-01 to 2024-12-31)" in brought.said
    assert tuple(brought.fingerprint["span"]) == ("2024-01-01", "2024-01-28")


def test_a_name_of_a_problem_is_refused(project):
    with pytest.raises(CrmlabError, match=r"'spring' is a problem in params\.yaml: choose another name"):
        from_csv("spring", project / "orders.csv")
    assert problems() == {"spring"}
    (project / "params.yaml").write_text("problems: [")
    assert problems() == set()
