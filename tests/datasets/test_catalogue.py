"""The whole catalogue: every data set file is complete."""

import inspect
import re
from pathlib import Path
from urllib.parse import urlparse

import pytest

from crmlab import registry, store
from crmlab.data import catalogue

NAMES = registry.names("datasets")
DOCS = Path(__file__).parents[2] / "docs" / "datasets.md"


def test_the_data_sets_of_the_issue_are_there():
    wanted = {"demo_shop", "online_retail", "online_retail_ii", "bank_marketing"}
    assert wanted | {"online_shoppers", "telco_churn", "cdnow"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_data_set_file_is_complete(name):
    declared, module = registry.find("datasets", name), registry.module("datasets", name)
    assert declared.label
    assert declared.cite
    assert declared.licence
    assert declared.homepage
    assert len(declared.card) > 200
    assert all(declared.barred.values())
    if declared.span:
        assert declared.span[0] < declared.span[1]
    adapters = [a for a in (*registry.names("canonical"), "tables") if hasattr(module, a)]
    assert adapters
    for adapter in adapters:
        assert list(inspect.signature(getattr(module, adapter)).parameters) == ["raw"]


@pytest.mark.parametrize("name", NAMES)
def test_every_source_is_pinned(name):
    sources = registry.find("datasets", name).sources
    assert len({s.name for s in sources}) == len(sources)
    for source in sources:
        assert re.fullmatch(r"[0-9a-f]{64}", source.sha256)
        address = urlparse(source.url)
        # brucehardie.com answers without encryption only; the pin vouches for the content
        assert address.scheme == "https" or address.hostname == "www.brucehardie.com"
        assert not Path(source.name).is_absolute()
        assert ".." not in Path(source.name).parts


def test_events_have_a_span_and_ready_made_rows_none():
    for name in NAMES:
        module, declared = registry.module("datasets", name), registry.find("datasets", name)
        assert (declared.span is None) == hasattr(module, "labelled")


def test_online_retail_ii_holds_online_retail_as_its_second_year():
    year, both = (registry.find("datasets", n).sources for n in ("online_retail", "online_retail_ii"))
    assert len(year) == 305
    assert {(s.name, s.sha256) for s in year} < {(s.name, s.sha256) for s in both}
    assert {s.dataset for s in both} == {None, "online_retail"}


def test_the_catalogue_lists_every_data_set_before_anything_is_made(tmp_path, monkeypatch):
    (tmp_path / "params.yaml").write_text("seed: 1\n")
    monkeypatch.chdir(tmp_path)
    listed = catalogue.catalogue().set_index("name")
    assert list(listed.index) == NAMES
    assert listed["rows"].isna().all()
    assert not listed.loc["cdnow", "fetched"]
    assert listed.loc["demo_shop", "fetched"]


def test_the_page_is_made_from_the_cards():
    assert DOCS.read_text(encoding="utf-8") == catalogue.page(), "run: make docs"


def test_keys_come_first():
    keys = [registry.find("canonical", table).key for table in ("transactions", "customers")]
    assert keys == ["line_id", "customer"]


@pytest.mark.parametrize("content", [b"[]", b"{}", b"\xff", b'{"tables": {"labelled": 1}}'])
def test_a_damaged_fingerprint_hides_no_other_data_set(project, content):
    for name in ("cdnow", "mine"):
        store.fingerprint_file(name).parent.mkdir(parents=True, exist_ok=True)
        store.fingerprint_file(name).write_bytes(content)
    said = catalogue.catalogue().set_index("name")["label"]
    assert said["cdnow"] == "damaged: run `crmlab tables cdnow`"
    assert said["mine"] == "damaged: run `crmlab tables mine --csv FILE`"
    assert said["telco_churn"] == registry.find("datasets", "telco_churn").label
