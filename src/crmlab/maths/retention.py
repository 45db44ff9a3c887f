"""What keeping a customer is worth: one's own value, a contact, and retention over a lifetime."""

from __future__ import annotations

import numpy as np
import pandas as pd

YEAR_DAYS = 365.0


def yearly_margin(rows: pd.DataFrame, *, margin_share: float, otherwise: float) -> np.ndarray:
    """Return what a year of each customer brings, (n,), in currency: margin_share of the yearly spend so far.

    The yearly spend is total_spend over the time since the first purchase; a life of less than a year
    counts as one, so that nobody's first week is held for a habit. otherwise: everybody's value where the
    rows hold no spend (no total_spend and T_days). Net spend below 0 is worth nothing.
    """
    if not {"total_spend", "T_days"} <= set(rows):
        return np.full(len(rows), float(otherwise))
    years = np.maximum((rows["T_days"].to_numpy(dtype=float) + 1) / YEAR_DAYS, 1.0)
    return margin_share * np.maximum(rows["total_spend"].to_numpy(dtype=float), 0.0) / years


def contact_profit(
    churn: np.ndarray, value: np.ndarray, *, accept_rate: float, incentive_cost: float, contact_cost: float
) -> np.ndarray:
    """Return what contacting each customer earns on average, (n,), in currency.

    A customer who is about to leave (with probability `churn`) accepts the offer with accept_rate and is
    then worth `value` less the incentive; one who would have stayed takes the incentive anyway. The
    profit of Verbraken, Verbeke and Baesens 2013 (after Neslin et al. 2006), with a
    value of each customer's own. churn: (n,) probabilities, or 0 and 1 for what happened.
    """
    lost = accept_rate * churn * (np.asarray(value) - incentive_cost)
    return lost - (1 - np.asarray(churn)) * incentive_cost - contact_cost


def lifetime_value(
    retention: np.ndarray, *, margin: np.ndarray | float, discount_rate: np.ndarray | float
) -> np.ndarray:
    """Return m Σ_{t≥0} r^t / (1 + d)^t = m (1 + d) / (1 + d − r), the value of a customer, in currency.

    retention: r, the share kept from one period to the next, below 1 + d. margin: m, of a period that a
    customer is there, the first at once. discount_rate: d, of a period. Gupta and Lehmann 2003; like
    theirs it takes r, m and d as constant and without end.
    """
    return np.asarray(margin) * (1 + discount_rate) / (1 + discount_rate - np.asarray(retention))


def retention_gain(retention: np.ndarray, *, more: float, discount_rate: np.ndarray | float) -> np.ndarray:
    """Return by which share the value of a customer rises with `more` retention.

    (1 + d − r) / (1 + d − r') − 1 for r' = r + more, at most 1: whatever the margin is.
    """
    better = np.minimum(np.asarray(retention) + more, 1.0)
    return (1 + discount_rate - retention) / (1 + discount_rate - better) - 1


def loyal_gain(
    loyal_value: np.ndarray, other_value: np.ndarray, *, loyal_share: float, more: float
) -> np.ndarray:
    """Return by which share the value of all customers rises with `more` of the loyal in place of others.

    loyal_value, other_value: of a customer of each sort, in currency. loyal_share: of the loyal among all.
    more: such as .05, of the loyal ones' number.
    """
    before = loyal_share * loyal_value + (1 - loyal_share) * other_value
    return more * loyal_share * (loyal_value - other_value) / before


def gain_after_acquisition(
    retention: np.ndarray,
    *,
    more: float,
    margin: float,
    discount_rate: float,
    retention_cost: float,
    cost_ratio: np.ndarray,
) -> np.ndarray:
    """Return by which share the profit of a customer, net of winning them, rises with `more` retention.

    A period costs retention_cost, winning a customer cost_ratio times that: profit = (m − c) (1 + d) /
    (1 + d − r) − ratio · c. nan where the customer does not pay back what winning cost. The higher the
    ratio, the smaller the profit that the same gain is a share of: that is where large slogans come from.
    """
    kept = {"margin": margin - retention_cost, "discount_rate": discount_rate}
    before = lifetime_value(retention, **kept) - np.asarray(cost_ratio) * retention_cost
    gain = lifetime_value(np.minimum(retention + more, 1.0), **kept) - lifetime_value(retention, **kept)
    return np.divide(gain, before, out=np.full(np.shape(before), np.nan), where=before > 0)
