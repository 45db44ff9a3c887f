"""A task: one business question, as its file declares it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Task:
    """One question, and how it is posed on event data.

    label, question: for readers. kinds: the kinds of methods that answer it. outcome: what 1 means in event
    data; published_outcome: in a labelled table, None where the question cannot be asked of one. positive:
    what a customer with outcome 1 is called. needs: the canonical tables without which it cannot be asked.
    families: the feature families that exist for its population (None: every one). shown: the columns that
    methods are offered (None: all numeric and categorical ones).

    population(known, cutoff=...): `customer` for everyone asked about, from the tables as known at the
    cutoff. first_seen(tables): `customer, seen`. outcomes(tables, people, window): `customer` and the
    columns of the solution.

    history(tables): the events of a kind that reads them itself (see crmlab.problems.problem.HISTORY).

    truth: a function of simulate/oracle.py, or a column of the true customers, None where the truth is not
    known; effect: the same for what an offer changes.
    """

    label: str
    question: str
    kinds: tuple[str, ...]
    outcome: str
    positive: str
    needs: tuple[str, ...]
    population: Callable[..., Any]
    first_seen: Callable[..., Any]
    outcomes: Callable[..., Any]
    published_outcome: str | None = None
    families: tuple[str, ...] | None = None
    shown: tuple[str, ...] | None = None
    history: Callable[..., Any] | None = None
    truth: str | None = None
    effect: str | None = None
