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
- `columns(roles)`: which columns of the problem's rows a method of this kind is handed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


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
