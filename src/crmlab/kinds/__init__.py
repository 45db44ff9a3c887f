"""Kinds: the contracts that methods meet, one file per folder under `methods/`.

A kind says what a method of its folder can do and what an answer looks like. Each file has

- `TARGET`: the columns of the solution that a method learns from on its train rows; () where it
  learns from none, and is then fitted on the test rows, which hold what was known at the cutoff;
- `ANSWER`: the columns of an answer, in order;
- `fit(make, rows, outcomes, context)`: a fitted model. `make(seed, **fixed)` returns a fresh,
  unfitted one, with parameters fixed at other values than the roster's; `rows` is a frame of the
  columns the kind asks for; `outcomes` a frame of the TARGET columns, or None. A model may leave
  `details_`, a dict of plain JSON about its fit; its key `note` is a sentence for the method's row
  on the board;
- `answer(model, rows, context)`: a frame with the ANSWER columns, one row per row of `rows`;
- `columns(roles)`: which columns of the problem's rows a method of this kind is handed. A kind that
  learns what a treatment changes asks for those with the roles `treatment` and `cluster`;
- `HISTORY` (optional): True where methods read the events themselves, as `context.history`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


@dataclass(frozen=True)
class Fitting:
    """What the fits of a comparison have in common.

    seed: of which every random stream is derived. stability_refits: how many bootstrap refits a clustering
    answers with. inner_share: where above 0, the share of the train rows, the latest, that a second model
    of each fold, fitted on the earlier ones, scores: what a threshold or a calibration may be chosen on.
    in_time: whether that share is told by time; else it is a random one of the customers. refits: how many
    times each window is fitted again, with another seed, on a bootstrap sample of the customers.
    """

    seed: int
    stability_refits: int = 0
    inner_share: float = 0.0
    in_time: bool = True
    refits: int = 0


@dataclass(frozen=True)
class Context:
    """What a kind may know of the problem besides its rows."""

    horizon_days: int | None
    seed: int
    roles: Mapping[str, str]
    """Role of each column of rows: numeric, categorical or carried."""
    stability_refits: int = 0
    """How many bootstrap refits a clustering answers with."""
    gap_days: int = 0
    """Days between the cutoff and the label window."""
    history: pd.DataFrame | None = None
    """The events before the cutoff, for a kind that asks for them: in `fit` those of the customers that a
    refit drew, in `answer` everybody's."""
    inner: np.ndarray | None = None
    """What a method that chooses something within its train rows learns from, and what judges it: EARLIER,
    LATER or NEITHER of each train row. No label of an earlier row reaches into the time of a later one, and
    where there is no time, no customer is in both."""


EARLIER, LATER, NEITHER = 0, 1, -1
