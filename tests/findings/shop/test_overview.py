"""A shop in numbers keeps the contract of a finding; its values are held by tests/data/test_trade.py."""

import shutil

from crmlab import registry, store
from crmlab.data.own_data import from_csv
from crmlab.findings.shop import overview


def test_orders_of_nobody_known_have_no_numbers_about_customers(tmp_path, monkeypatch, keeps_contract):
    shutil.copy(registry.PACKAGE.parents[1] / store.PARAMS, tmp_path / store.PARAMS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    (tmp_path / "o.csv").write_text("customer,date,amount\n,2024-01-05,3\nA,2024-01-06,4\n")
    from_csv("mine", tmp_path / "o.csv")
    found = overview.find("mine")
    keeps_contract(found)
    assert found.table.set_index("number").loc["unknown_share", "value"] == 0.5
    assert "Promised deliveries that came late" not in found.head().index
