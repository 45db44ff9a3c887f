"""Any file as typed columns, for tables that are no orders."""

import pandas as pd
import pytest

from crmlab.data.bench import bench
from crmlab.data.own_reading import frame, typed
from crmlab.data.reading import Reading
from crmlab.declare.table import FLAG, MONEY, TEXT, TIME
from crmlab.errors import DataError

KINDS = {"customer": TEXT, "joined": TIME, "ended": TIME, "balance": MONEY, "consent": FLAG}
TEXTS = """Kunde|Seit|Bis|Saldo|OK
007|13.01.2024||1.250,50|yes
8|02.02.2024|24.03.2024||no
"""


def choose(names, called):
    assert called == "customers.csv"
    return dict(zip(KINDS, names, strict=True))


def test_a_table_of_several_times_with_values_that_may_lack(tmp_path):
    (tmp_path / "customers.csv").write_text(TEXTS)
    with bench(tmp_path) as workplace:
        made = typed(workplace, tmp_path / "customers.csv", choose, KINDS, required=["joined"])
        made.refuse(workplace)
        found = frame(workplace, list(KINDS))
    assert found["customer"].tolist() == ["007", "8"]
    assert found["joined"].tolist() == [pd.Timestamp("2024-01-13"), pd.Timestamp("2024-02-02")]
    assert found["ended"].isna().tolist() == [True, False]
    assert found["balance"].fillna(-1).tolist() == [1250.5, -1]
    assert found["consent"].tolist() == [True, False]


def test_all_faults_are_named_together(tmp_path):
    (tmp_path / "customers.csv").write_text(TEXTS + "9||soon|much|perhaps\n")
    with bench(tmp_path) as workplace:
        made = typed(workplace, tmp_path / "customers.csv", choose, KINDS, required=["joined"])
        with pytest.raises(DataError) as error:
            made.refuse(workplace)
    says = str(error.value)
    assert "Seit '' is not a date" in says
    assert "Bis 'soon' is not a date" in says
    assert "Saldo 'much' is not a plain number" in says
    assert "OK 'perhaps' is neither yes nor no" in says
    assert says.count("(line 4)") == 4


def test_options_name_fields(tmp_path):
    (tmp_path / "customers.csv").write_text("who,when\n1,03/04/2024\n")
    with bench(tmp_path) as workplace:
        made = typed(
            workplace,
            tmp_path / "customers.csv",
            lambda names, _: {"customer": "who", "joined": "when"},
            KINDS,
            reading=Reading(date_format={"joined": "mdy"}),
        )
        assert made.sentences(workplace) == []
        assert frame(workplace, ["joined"])["joined"].tolist() == [pd.Timestamp("2024-03-04")]
    (tmp_path / "customers.csv").write_text("who,when\n")
    with bench(tmp_path) as workplace, pytest.raises(DataError, match="has no lines"):
        typed(workplace, tmp_path / "customers.csv", lambda n, _: {"customer": "who"}, KINDS)
