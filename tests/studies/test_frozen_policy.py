"""The frozen policy's worlds are posed as the task poses its problems, and keep time in order."""

import datetime as dt

import ibis
import numpy as np
import pytest

from crmlab import store
from crmlab.history.windows import Window
from crmlab.simulate.knobs import Shop
from crmlab.simulate.shop import simulate
from crmlab.studies import frozen_policy
from crmlab.tasks import acquisition

CUTOFF = frozen_policy.ORIGINS[-1]
WINDOW = Window(CUTOFF, frozen_policy.HORIZON_DAYS)


@pytest.fixture(scope="module")
def shop():
    config = Shop(visitors=2500, start=frozen_policy.START, end=WINDOW.end.date() - dt.timedelta(days=1))
    return simulate(config, seed=3)


def test_outcomes_are_the_tasks(shop):
    columns, outcome, true = frozen_policy._at(shop, CUTOFF)
    connection = store.engine()
    tables = {t: frozen_policy._as_table(shop.tables[t]) for t in ("transactions", "customers", "sessions")}
    known = {
        name: table.filter(table.timestamp < CUTOFF) for name, table in tables.items() if name != "customers"
    }
    people = connection.to_pyarrow(acquisition.population(known, cutoff=CUTOFF))
    posed = acquisition.outcomes(tables, ibis.memtable(people), WINDOW).order_by("customer")
    assert connection.to_pyarrow(posed).to_pandas()["outcome"].tolist() == outcome.tolist()
    assert 0 < outcome.sum() < len(outcome) == len(columns) == len(true)


def test_no_label_window_reaches_beyond_the_next_origin():
    ends = [Window(origin, frozen_policy.HORIZON_DAYS).end for origin in frozen_policy.ORIGINS]
    assert all(end <= later for end, later in zip(ends, frozen_policy.ORIGINS[1:], strict=False))
    # and a prospect is one for as long as the origins lie apart: nobody is in two of them
    assert np.ptp([o.toordinal() for o in frozen_policy.ORIGINS]) == 3 * acquisition.PROSPECT_DAYS
