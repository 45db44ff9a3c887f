"""The embedded default: simulated once, needing no raw file."""

from pathlib import Path

from crmlab.registry import find, module


def test_demo_shop_brings_tables_and_truth_without_raw_files():
    adapter = module("datasets", "demo_shop")
    nowhere = Path("nowhere")
    tables, truth = adapter.tables(nowhere), adapter.truth(nowhere)
    assert adapter.tables(nowhere) is tables
    assert len(tables) == 12
    assert len(truth["visitors"]) == len(tables["customers"]) == 25_000


def test_demo_shop_declares_its_span_and_no_source():
    declared = find("datasets", "demo_shop")
    assert declared.sources == ()
    assert declared.span == ("2023-01-01", "2024-12-31")
    assert declared.currency == "USD"
