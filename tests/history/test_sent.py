"""Sent: contacts of a campaign in the data set's own table, counted by day, and others left alone."""

from __future__ import annotations

import pandas as pd

from crmlab import store
from crmlab.history.sent import in_contacts


def test_contacts_of_the_campaign_within_the_days_count_and_no_others(project):
    rows = [
        ("a", "2024-03-01 23:00", "keep", 1),
        ("b", "2024-02-28 00:00", "keep", 1),  # 2024 has a 29 February: three days before
        ("c", "2024-02-29 10:00", "newsletter", 1),
        ("d", "2024-02-29 10:00", "keep", 0),  # left out by a coin
        ("e", "2024-03-02 00:00", "keep", 1),  # later than the day
    ]
    frame = pd.DataFrame(rows, columns=["customer", "timestamp", "campaign", "treatment"])
    frame["timestamp"] = pd.to_datetime(frame["timestamp"])
    store.write_frame(store.tables_folder("mine") / "contacts.parquet", frame)
    assert in_contacts("mine", "keep", "2024-03-01", days=3) == {"a", "b"}
    assert in_contacts("mine", "keep", "2024-03-01", days=2) == {"a"}
    assert in_contacts("mine", "keep", "2024-03-01", days=0) == set()
    assert in_contacts("mine", "spring", "2024-03-01", days=3) == set()


def test_without_tables_nobody_was_contacted(project):
    assert in_contacts("mine", "keep", "2024-03-01", days=3) == set()
