"""Presets: found by their path, recognised by their columns."""

import pytest

from crmlab.data.presets import preset
from crmlab.errors import UsageError


def test_the_folder_is_the_registry():
    assert preset.names() == ["olist", "shopify", "woocommerce"]


@pytest.mark.parametrize("name", preset.names())
def test_each_says_what_it_is(name):
    found = preset.find(name)
    assert found.label
    assert found.files
    assert all(found.files.values())
    assert {"customer", "timestamp", "order_id", "order_total", "status"} <= found.fields.keys()


@pytest.mark.parametrize("name", preset.names())
def test_files_of_one_are_recognised_by_their_columns_in_any_case(name):
    files = preset.find(name).files
    for columns in files.values():
        shown = [c.upper() for c in columns] + ["Another"]
        assert preset.recognised(shown) == (name if len(files) == 1 else None)
        assert preset.recognised(list(columns)[1:]) is None


def test_one_that_there_is_not_is_refused():
    with pytest.raises(UsageError, match="Did you mean 'shopify'"):
        preset.find("spotify")
