"""Sequential patterns: what customers buy after what, all of it (PrefixSpan) or the closed patterns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from crmlab.errors import UsageError

Element = tuple[int, ...]
"""Items bought together, ascending."""

Pattern = tuple[Element, ...]

FAR: Final = float("inf")


@dataclass(frozen=True)
class Limits:
    """What counts as an occurrence of a pattern.

    shortest_gap, longest_gap: between the times of neighbouring elements; 0 and no end where None.
    longest_span: from the first element to the last. Times are in the unit of the sequences'.
    """

    shortest_gap: float = 0.0
    longest_gap: float = FAR
    longest_span: float = FAR

    @property
    def none(self) -> bool:
        """Whether any later element may follow."""
        return self == Limits()


@dataclass(frozen=True)
class History:
    """One customer's elements in order of time; `at`: their times, strictly ascending."""

    elements: tuple[Element, ...]
    at: tuple[float, ...]
    held: tuple[frozenset[int], ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if len(self.at) != len(self.elements) or any(
            b <= a for a, b in zip(self.at, self.at[1:], strict=False)
        ):
            raise UsageError("the elements of a sequence need times that ascend, one each")
        object.__setattr__(self, "held", tuple(map(frozenset, self.elements)))


def history(elements: Sequence[Iterable[int]], at: Sequence[float] | None = None) -> History:
    """Return a history of elements, at times 0, 1, ... where none are given."""
    times = range(len(elements)) if at is None else at
    return History(tuple(tuple(sorted(set(e))) for e in elements), tuple(map(float, times)))


def prefixspan(
    histories: Sequence[History], *, least: int, longest: int | None = None, limits: Limits | None = None
) -> dict[Pattern, int]:
    """Return every pattern that at least `least` histories hold, with how many do.

    PrefixSpan (Pei et al. 2001, 2004): a pattern grows by an item in its last element or by a new element,
    and only the histories that hold it are looked at again, from where it ends. longest: items in a pattern.
    With limits every place where it ends is kept, as the first is not always the one that can go on.
    """
    if least < 1:
        raise UsageError(f"least = {least} must be at least 1")
    found: dict[Pattern, int] = {}
    within = limits or Limits()
    # of each history the places where the pattern ends, each with the latest time at which it began
    begun: dict[int, dict[int, float]] = {h: {-1: FAR} for h in range(len(histories))}
    waiting: list[tuple[Pattern, dict[int, dict[int, float]]]] = [((), begun)]
    most = FAR if longest is None else longest
    while waiting:
        prefix, ends = waiting.pop()
        if sum(map(len, prefix)) >= most:
            continue
        grown = _grown(prefix, ends, histories, within)
        for pattern in sorted(grown, reverse=True):
            if len(grown[pattern]) >= least:
                found[pattern] = len(grown[pattern])
                waiting.append((pattern, grown[pattern]))
    return dict(sorted(found.items()))


def _grown(
    prefix: Pattern, ends: dict[int, dict[int, float]], histories: Sequence[History], limits: Limits
) -> dict[Pattern, dict[int, dict[int, float]]]:
    """Return each pattern of one item more, with where it ends in the histories that hold it."""
    grown: dict[Pattern, dict[int, dict[int, float]]] = defaultdict(dict)
    for number, places in ends.items():
        one = histories[number]
        for place, begin in places.items():
            if place >= 0:
                for item in one.elements[place]:
                    if item > prefix[-1][-1]:
                        _keep(grown[*prefix[:-1], (*prefix[-1], item)], number, place, begin)
        for place, begin in _next(one, places, limits):
            for item in one.elements[place]:
                _keep(grown[*prefix, (item,)], number, place, begin)
    # without limits the first place where a pattern ends is enough for what comes after it, but the items
    # beside its last one may stand in a later element: all places stay
    return grown


def _next(one: History, places: dict[int, float], limits: Limits) -> list[tuple[int, float]]:
    """Return where a new element may stand, with when the pattern began."""
    if limits.none:
        return [(place, 0.0) for place in range(min(places) + 1, len(one.at))]
    found: dict[int, float] = {}
    for end, begin in places.items():
        for place in range(end + 1, len(one.at)):
            since = one.at[place]
            start = since if end < 0 else begin
            gap = limits.shortest_gap if end < 0 else since - one.at[end]
            if gap > limits.longest_gap or since - start > limits.longest_span:
                break
            if gap >= limits.shortest_gap:
                found[place] = max(found.get(place, start), start)
    return list(found.items())


def _keep(ends: dict[int, dict[int, float]], number: int, place: int, begin: float) -> None:
    """Keep a place where a pattern ends in a history, with the latest time at which it began."""
    places = ends.setdefault(number, {})
    places[place] = max(places.get(place, begin), begin)


def closed(found: dict[Pattern, int]) -> dict[Pattern, int]:
    """Return the patterns that no longer one holds in as many histories (Yan, Han and Afshar 2003)."""
    by_support: dict[int, list[Pattern]] = defaultdict(list)
    for pattern, count in found.items():
        by_support[count].append(pattern)
    kept = {}
    for pattern, count in found.items():
        size = sum(map(len, pattern))
        longer = (other for other in by_support[count] if sum(map(len, other)) > size)
        if not any(contains(other, pattern) for other in longer):
            kept[pattern] = count
    return kept


def contains(longer: Pattern, pattern: Pattern) -> bool:
    """Return whether a pattern's elements lie within those of another, in order."""
    place = 0
    for element in pattern:
        while place < len(longer) and not set(element) <= set(longer[place]):
            place += 1
        if place == len(longer):
            return False
        place += 1
    return True
