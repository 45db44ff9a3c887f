"""Rows of new customers: read as texts, then typed column by column as the model was trained."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final

import pandas as pd

from crmlab.errors import DataError, UsageError, did_you_mean

NAMED: Final = 5
"""So many missing columns are named."""


def read_rows(path: Path) -> pd.DataFrame:
    """Return a table of customers; of a CSV every cell is the text that stands there, an empty one missing.

    So an id 00000001 and a level NA or 01 stay what they are. Raises UsageError where there is no such file,
    DataError for one that is no table.
    """
    if not path.is_file():
        raise UsageError(f"there is no file {path}")
    try:
        if path.suffix == ".parquet":
            return pd.read_parquet(path)
        return pd.read_csv(path, dtype="str", keep_default_na=False, na_values=[""], encoding="utf-8-sig")
    except (ValueError, OSError) as error:  # of both readers, with what is wrong in the first line
        what = str(error).splitlines()[0].rstrip(".")
        raise DataError(f"{path} cannot be read ({what}): write it as UTF-8 CSV or as Parquet") from None


def as_trained(rows: pd.DataFrame, kinds: Mapping[str, bool], who: str) -> pd.DataFrame:
    """Return the rows with a model's columns as it knows them: floats, and texts (a level 1 is '1').

    kinds: by column, whether it holds numbers. who: the model, for messages. Raises UsageError, in one
    sentence, for missing columns and for a number that is none.
    """
    refuse_missing(rows.columns, kinds, who)
    rows = rows.reset_index(drop=True)
    for column, is_number in kinds.items():
        rows[column] = _numbers(rows[column]) if is_number else _texts(rows[column])
    return rows


def refuse_missing(known: Collection[str], wanted: Collection[str], who: str) -> None:
    """Refuse rows without columns that a model needs, in one sentence."""
    missing = [c for c in wanted if c not in known]
    if not missing:
        return
    named = ", ".join(f"'{c}'" for c in missing[:NAMED])
    more = f" and {len(missing) - NAMED} more" if len(missing) > NAMED else ""
    columns = "a column" if len(missing) == 1 else f"{len(missing)} columns"
    hint = did_you_mean(missing[0], known) if len(known) < 100 else ""
    raise UsageError(f"{who} needs {columns} that the input lacks: {named}{more}.{hint}")


def _numbers(values: pd.Series) -> pd.Series:
    """Return a column as floats."""
    try:
        return pd.to_numeric(values).astype(float)
    except (ValueError, TypeError) as error:
        raise UsageError(f"column '{values.name}' must hold numbers: {error}") from None


def _texts(values: pd.Series) -> pd.Series:
    """Return a column as texts."""
    return pd.Series([_text(v) for v in values], index=values.index, dtype=object)


def _text(value: Any) -> str | None:
    """Return a level as text; a whole number without a point, as a CSV with gaps would give it one."""
    if pd.isna(value):
        return None
    return f"{value:.0f}" if isinstance(value, float) and value.is_integer() else str(value)
