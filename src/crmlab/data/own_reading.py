"""Any file of a user's own as typed columns: what every kind of own table begins with."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from crmlab.data.bench import NUMBER, Bench
from crmlab.data.faults import Fault
from crmlab.data.formats.opened import opened
from crmlab.data.formats.source import Source
from crmlab.data.reading import NOTHING_SAID, Reading
from crmlab.data.refusing import refuse, sentences
from crmlab.data.values.cast import cast
from crmlab.errors import USAGE, DataError


class Typed(NamedTuple):
    """What the step `typed` was made of: the open file, {field: column} of it, and what cannot be read."""

    source: Source
    columns: Mapping[str, str]
    faults: Mapping[str, Sequence[Fault]]

    def sentences(self, workplace: Bench) -> list[str]:
        """Return one sentence per fault: column, first value, what is wrong, and the lines of the file."""
        return sentences(self.faults, self.columns, self.source, workplace)

    def refuse(self, workplace: Bench) -> None:
        """Raise one DataError with all that cannot be read, if there is anything."""
        refuse(self.source.name, self.sentences(workplace))


def typed(
    workplace: Bench,
    given: Any,
    choose: Callable[[Sequence[str], str], Mapping[str, str]],
    kinds: Mapping[str, str],
    *,
    reading: Reading = NOTHING_SAID,
    required: Collection[str] = (),
) -> Typed:
    """Do the steps `read` and `typed` of any file or frame, and return what they were made of.

    given: see `formats.opened`. choose: makes {field: column} of the names of the columns and of what the
    file is called. kinds: {field: kind of a canonical column}. required: the fields that must have a value in
    every line. Raises UsageError for what is not there, DataError for a file without lines or that cannot be
    opened; values that cannot be read are in `faults`.
    """
    source = opened(workplace, given, reading)
    chosen = dict(choose(source.names, source.name))
    wanted = {field: kinds[field] for field in chosen}
    needed = [field for field in required if field in chosen]
    faults = source.read(workplace, chosen, lambda: cast(workplace, wanted, reading, required=needed))
    if not workplace.counts["read"]:
        raise DataError(f"{source.name} has no lines after its header", exit_code=USAGE)
    return Typed(source, chosen, faults)


def frame(workplace: Bench, fields: Sequence[str]) -> pd.DataFrame:
    """Return fields of the step `typed` as a pandas frame, in the order of the file."""
    listed = ", ".join(fields)
    return (
        workplace.connection.sql(f"SELECT {listed} FROM typed ORDER BY {NUMBER}").to_arrow_table().to_pandas()
    )
