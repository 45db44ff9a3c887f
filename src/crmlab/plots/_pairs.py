"""What pictures of associations share: the pairs of items that survive, each once."""

from __future__ import annotations

from typing import Any

import pandas as pd

from crmlab.errors import NotApplicable

LONGEST = 26
"""Characters of an item's name."""


def surviving_pairs(found: Any, most: int) -> pd.DataFrame:
    """Return `one, two, lift, count` of at most so many surviving pairs, the most surprising first.

    found: product rules. Raises NotApplicable where no pair survives.
    """
    table = found.table[found.table["survives"]]
    pairs = table[table["items"].map(len) == 2].drop_duplicates("items").head(most)
    if pairs.empty:
        raise NotApplicable("no rule between two products survives")
    one, two = zip(*pairs["items"], strict=True)
    return pd.DataFrame({"one": one, "two": two, "lift": pairs["lift_over_null"], "count": pairs["count"]})
