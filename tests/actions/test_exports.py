"""A list in other forms: the workbook, the printed page, mailing files of those to be contacted."""

from __future__ import annotations

import hashlib
import re
import zipfile
from types import SimpleNamespace

import pandas as pd
import pytest

from crmlab.actions import _exports
from crmlab.errors import UsageError

LISTED = pd.DataFrame(
    {
        "customer": ["=c1", "Bo@Shop.example ", "c3", "c4"],
        "contact": ["contact", "contact", "held out", "no consent"],
        "expected_profit": [2.5, float("inf"), 1.0, float("nan")],
        "reason_1": ["<script>", "x", "y", "z"],
        "list": "keep",
        "as_of": "2024-01-01",
    }
)
EMAILS = {"=c1": " Ann@Shop.example", "c3": "c3@shop.example", "c4": "c4@shop.example"}


@pytest.fixture
def written(tmp_path):
    """The files of a list."""
    head = LISTED[["customer", "expected_profit", "reason_1"]].set_index("customer")
    listing = SimpleNamespace(
        table=LISTED, sentences=("Two <of> them.",), head=lambda count=15: head.head(count)
    )
    assert _exports.write_forms(tmp_path, "keep", listing, LISTED, EMAILS) == 2
    return tmp_path


def test_only_those_to_be_contacted_are_in_mailing_files(written):
    mailchimp = pd.read_csv(written / "keep_mailchimp.csv")
    assert mailchimp["Email Address"].tolist() == ["Ann@Shop.example", "Bo@Shop.example"]
    assert mailchimp["Tags"].tolist() == ["keep", "keep"]
    assert list(pd.read_csv(written / "keep_brevo.csv"))[:2] == ["EMAIL", "EXT_ID"]
    assert list(pd.read_csv(written / "keep_klaviyo.csv"))[:2] == ["Email", "External ID"]
    for tool in _exports.MAILINGS:
        assert "c3" not in (written / f"keep_{tool}.csv").read_text()


def test_an_audience_is_the_hash_of_the_trimmed_lower_case_address(written):
    hashed = pd.read_csv(written / "keep_audience_sha256.csv")["email"].tolist()
    assert hashed[0] == hashlib.sha256(b"ann@shop.example").hexdigest()
    assert len(hashed) == 2
    # a published value: of test@gmail.com
    known = "87924606b4131a8aceeeae8868531fbb9712aaa07a5d3a756b26ce0f5d6ca674"
    assert _exports.hashed_email(" Test@gmail.com ") == known


def test_a_workbook_has_no_formula_and_is_the_same_again(written, tmp_path):
    with zipfile.ZipFile(written / "keep.xlsx") as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        texts = book.read("xl/sharedStrings.xml").decode()
    assert "<f>" not in sheet
    assert "<v>2.5</v>" in sheet
    assert "=c1" in texts
    assert "Two &lt;of&gt; them." in texts
    listing = SimpleNamespace(sentences=("Two <of> them.",))
    before = (written / "keep.xlsx").read_bytes()
    _exports.write_workbook(tmp_path / "again.xlsx", {"keep": LISTED}, listing.sentences)
    assert (tmp_path / "again.xlsx").read_bytes() == before


def test_the_page_to_print_is_escaped_and_has_a_print_style(written):
    text = (written / "keep.html").read_text()
    assert "@media print" in text
    assert "<script>" not in text
    assert "&lt;script&gt;" in text
    assert '<td class="number">2.5</td>' in text
    assert "<h1>Keep, as of 2024-01-01</h1>" in text
    assert re.search(r"The first \d of 4; all of them are in keep.xlsx", text)


def test_without_addresses_there_are_no_mailing_files(tmp_path):
    listing = SimpleNamespace(sentences=(), head=lambda count=15: LISTED.head(0))
    table = LISTED[LISTED["customer"] == "=c1"]
    assert _exports.write_forms(tmp_path, "keep", listing, table, {}) == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["keep.html", "keep.xlsx"]


def test_addresses_are_read_and_doubtful_ones_refused(tmp_path):
    file = tmp_path / "emails.csv"
    file.write_text("customer;email\n001;a@b.example\n001;a@b.example\n2;\n", encoding="utf-8")
    assert _exports.read_emails(file) == {"001": "a@b.example"}
    file.write_text("customer,email\n1,a@b.example\n1,c@d.example\n")
    with pytest.raises(UsageError, match="gives customer '1' more than one address"):
        _exports.read_emails(file)
    file.write_text("customer,mail\n1,a@b.example\n")
    with pytest.raises(UsageError, match="no column 'email': its columns are customer, mail"):
        _exports.read_emails(file)
    with pytest.raises(UsageError, match="there is no file"):
        _exports.read_emails(tmp_path / "absent.csv")


@pytest.mark.parametrize("text", ["ann", "a@b", "a b@c.example", "a@b@c.example", "", "a@b.c;d@e.example"])
def test_what_is_no_address_is_none(text):
    assert _exports.address("c", {"c": text}) == ""
