"""The simulated shop, the embedded default: no download, and its truth is known."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

from crmlab.declare.dataset import Dataset

# the simulator is imported where it runs: whoever reads the card alone starts a second sooner
if TYPE_CHECKING:
    import pandas as pd

    from crmlab.simulate.shop import Simulated

SEED = 20230101
"""Fixed, so that the data set is one data set: the day the shop opens, and chosen by nothing else."""

DATASET = Dataset(
    label="Demo shop (simulated)",
    cite="crmlab, docs/demo_shop.md; purchase and spend parameters: Fader, Hardie and Lee 2005 (CDNOW)",
    licence="Apache-2.0",
    homepage="docs/demo_shop.md",
    currency="USD",
    span=("2023-01-01", "2024-12-31"),
    card=(
        "A seeded simulation of an online shop over 24 months: 25,000 visitors, of whom about a fifth buy. "
        "Purchases and dropout follow Pareto/NBD, spend Gamma-Gamma, at the published estimates for CDNOW. "
        "Sessions with abandoned carts, a paid club with monthly renewals, randomised e-mails with "
        "effects that differ and may be negative, service tickets that raise dropout when "
        "answered slowly, ratings and returns. Every customer's type, rates, dropout and treatment effect "
        "are known, so an oracle can answer. Never a stand-in for real data: it holds what was planted."
    ),
)


def tables(raw: Path) -> dict[str, pd.DataFrame]:
    """Return the canonical tables by name; `raw` is not used, for nothing is downloaded."""
    return _simulated().tables


def truth(raw: Path) -> dict[str, pd.DataFrame]:
    """Return the truth tables by name, which only the oracle and tests may read."""
    return _simulated().truth


@functools.cache
def _simulated() -> Simulated:
    """Simulate once per process."""
    from crmlab.simulate.shop import simulate

    return simulate(seed=SEED)
