"""What own data may be called, and which there are."""

import pytest

from crmlab import store
from crmlab.data.own_names import LICENCE, check_name, is_own, own
from crmlab.errors import UsageError


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    (tmp_path / "params.yaml").write_text("problems: {churn-mine: {task: churn, problem: big, dataset: x}}\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    store.write_json(store.fingerprint_file("shop"), {"licence": LICENCE})
    store.write_json(store.fingerprint_file("cdnow"), {"licence": "public"})
    store.fingerprint_file("damaged").write_bytes(b"[")


def test_own_data_are_told_from_others():
    assert own() == ["shop"]
    assert [is_own(n) for n in ("shop", "cdnow", "damaged", "absent")] == [True, False, False, False]


@pytest.mark.parametrize("name", ["big", "telco_churn", "Shop"])
def test_a_name_that_is_taken_or_unsafe_is_refused(name):
    with pytest.raises(UsageError):
        check_name(name)


def test_own_data_may_be_made_again():
    check_name("shop")
