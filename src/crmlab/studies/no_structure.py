"""No structure: how often customers of one kind are left in one segment.

The columns are Gaussian, uniform or lognormal, and correlated; the methods choose the number of
segments themselves, and one is a legal answer.
"""

from __future__ import annotations

from typing import Any

from crmlab import registry
from crmlab.seeds import seed_of
from crmlab.studies import AT_LEAST, Claim
from crmlab.studies._clouds import MARGINS, one_kind

WORLDS = 100
METHODS = {"kmeans": "k-means", "gaussian_mixture": "the Gaussian mixture"}
CLAIMS = {
    f"{method}_{margin}": Claim(f"{said} finds no structure in {margin} noise", AT_LEAST, 0.95)
    for method, said in METHODS.items()
    for margin in MARGINS
}


def run_world(seed: int) -> dict[str, Any]:
    """Return, for each method and margin, whether there is one segment, and the p value of the gate."""
    outcomes = {}
    for margin in MARGINS:
        rows = one_kind(seed, margin)
        for method in METHODS:
            factory = registry.find("methods", f"clustering/{method}")
            model = factory(seed=seed_of(seed, method)).fit(rows)
            outcomes[f"{method}_{margin}"] = model.k_ == 1
            outcomes[f"{method}_{margin}_p"] = model.details_["choice"]["gate"]["p"]
    return outcomes
