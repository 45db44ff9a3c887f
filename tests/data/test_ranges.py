"""Rows in ranges of values, and a door whose ranges are small."""

import itertools

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from crmlab import store
from crmlab.data import cleaning, written
from crmlab.data.bench import bench
from crmlab.data.own_data import from_csv
from crmlab.data.ranges import in_ranges


@pytest.mark.parametrize("bounds", [[], [0], [30, 60, 60, 1000]])
def test_each_row_is_in_the_range_of_its_value_and_in_the_order_of_the_rows(tmp_path, bounds):
    values = np.random.default_rng(1).integers(0, 100, 5000)
    with bench(tmp_path) as workplace:
        workplace.connection.register("given", pa.table({"value": values, "place": np.arange(5000)}))
        workplace.run("CREATE TABLE rows_of_it AS SELECT * FROM given")
        found = [
            part["place"].to_pylist()
            for part in in_ranges(
                workplace, "SELECT * FROM rows_of_it ORDER BY place", "value", np.array(bounds)
            )
        ]
        assert list(workplace.folder.iterdir()) == []
    ends = [0, *bounds, 10_000]
    assert found == [
        np.flatnonzero((values >= low) & (values < high)).tolist() for low, high in itertools.pairwise(ends)
    ]


def test_a_door_of_small_ranges_makes_the_same_tables(project, monkeypatch):
    rng = np.random.default_rng(2)
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 9, 2000), unit="D")
    frame = pd.DataFrame(
        {
            "customer": rng.integers(0, 20, 2000),
            "date": days.strftime("%Y-%m-%d"),
            "product": rng.choice(["a", "b"], 2000),
            "quantity": rng.choice([1, 2, -1], 2000),
            "price": rng.choice([1.5, 2.5], 2000),
        }
    )
    frame.to_csv("orders.csv", index=False)
    whole = from_csv("mine", project / "orders.csv").fingerprint
    bytes_of_it = (store.tables_folder("mine") / "transactions.parquet").read_bytes()
    assert min(whole["flags"][f]["lines"] for f in ("is_duplicate", "is_cancellation")) > 100
    assert whole["flags"]["is_cancellation"]["of_a_known_line"] > 100
    monkeypatch.setattr(written, "AT_ONCE", 130)
    monkeypatch.setattr(cleaning, "HASHES_AT_ONCE", 100)
    assert from_csv("mine", project / "orders.csv").fingerprint == whole
    assert (store.tables_folder("mine") / "transactions.parquet").read_bytes() == bytes_of_it
