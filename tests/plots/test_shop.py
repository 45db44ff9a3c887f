"""The pictures of a shop: whole labels, the same bytes every time, and a reason where there is nothing."""

from __future__ import annotations

import matplotlib.dates
import pandas as pd
import pytest

from crmlab import registry
from crmlab.data.own_data import from_csv
from crmlab.data.own_tables import Asked, Files, from_labelled, further
from crmlab.errors import NotApplicable
from crmlab.seeds import generator

PICTURES = [n for n in registry.names("plots") if n.startswith("shop_")]


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A project with own orders over eight months, with deliveries, and rows without orders."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "params.yaml").write_text("seed: 1\n")
    patch = pytest.MonkeyPatch()
    patch.chdir(folder)
    patch.delenv("DVC_ROOT", raising=False)
    rng, opened = generator(3, "pictures"), pd.Timestamp("2024-01-01")
    rows = [
        (
            f"O{i}",
            f"c{rng.integers(40)}",
            opened + pd.Timedelta(hours=int(h)),
            f"P{rng.integers(20)}",
            1,
            5 + i % 7,
        )
        for i, h in enumerate(sorted(rng.integers(0, 24 * 240, 300)))
    ]
    orders = pd.DataFrame(rows, columns=["order_id", "customer", "date", "sku", "qty", "price"])
    orders.to_csv(folder / "orders.csv", index=False)
    sent = pd.DataFrame({"order_id": orders["order_id"], "promised": orders["date"] + pd.Timedelta(days=3)})
    sent["delivered"] = orders["date"] + pd.to_timedelta(rng.integers(1, 6, 300), unit="D")
    sent.to_csv(folder / "sent.csv", index=False)
    products = pd.DataFrame({"sku": [f"P{i}" for i in range(20)], "category": "tea"})
    products["name"] = "A tea with a name that goes on and on and on without an end of any sort"
    products.to_csv(folder / "products.csv", index=False)
    files = {"fulfilment": folder / "sent.csv", "products": folder / "products.csv"}
    from_csv("mine", folder / "orders.csv", further=further(Files(files)))
    (folder / "rows.csv").write_text("who,left\na,1\nb,0\n")
    from_labelled("rows", folder / "rows.csv", Asked("left"))
    yield folder
    patch.undo()


def test_there_are_pictures_of_a_shop():
    assert len(PICTURES) == 7


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_of_own_data_has_whole_labels_and_the_same_bytes(shop, name, whole):
    draw = registry.module("plots", name).draw
    figure = draw("mine")
    assert any("mine (your own data)" in text for text in whole(figure))
    assert figure.png() == draw("mine").png()


@pytest.mark.parametrize("name", PICTURES)
def test_rows_without_orders_have_a_reason(shop, name):
    with pytest.raises(NotApplicable):
        registry.module("plots", name).draw("rows")


def test_revenue_is_drawn_by_month(shop):
    figure = registry.module("plots", "shop_trade").draw("mine")
    bars = figure.axes[1].patches
    middle = [matplotlib.dates.num2date(b.get_x() + b.get_width() / 2).month for b in bars]
    assert middle == list(range(1, 9))
    assert sum(b.get_height() for b in bars) == pytest.approx(sum(5 + i % 7 for i in range(300)))
