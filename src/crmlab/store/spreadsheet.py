"""CSV for spreadsheets: no text in it can become a formula when a person opens it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pandas as pd

_UNSEEN: Final = r"[\s\x00-\x1f\x7f\u00ad\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]"
"""White space, control and zero-width characters: some programs drop them before they look."""

_QUOTES: Final = "[\"'`\u00b4\u2018-\u201f\u00ab\u00bb\uff02\uff07]"
_STARTS: Final = "[=+\\-@\uff1d\uff0b\uff0d\uff20\u2212\ufe62\ufe63\ufe66\ufe6b]"
"""What begins a formula, in its full-width, small and typographic forms too."""

FORMULA: Final = re.compile(rf"(^|[,;|\t\r\n])(?=(?:{_UNSEEN}|{_QUOTES})*{_STARTS})|^(?=[\t\r\n])")
"""Where a formula could begin: at the start of a cell, or after what another program may split at."""


def safe(text: str) -> str:
    """Return a text in which an apostrophe stands before whatever could be read as a formula.

    After the recommendation of OWASP ("CSV injection"): a cell that begins with = + - @, tab or a
    line end, also behind spaces or quotes, and the same after a separator inside the cell.
    """
    return FORMULA.sub(lambda found: f"{found[1] or ''}'", text)


def write(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame as CSV that spreadsheets open as it is: texts made safe, numbers left alone.

    UTF-8 with a byte order mark, without which Excel reads another encoding. Floats have 6
    significant digits. Lines end as in RFC 4180, so that a lone line end in a text is quoted too.
    """
    shown = frame.rename(columns=lambda name: safe(str(name)))
    for place, column in enumerate(frame):
        if not pd.api.types.is_numeric_dtype(frame[column]):
            values = [None if pd.isna(v) else safe(str(v)) for v in frame[column]]
            shown.isetitem(place, pd.Series(values, index=frame.index, dtype=object))
    shown.to_csv(path, index=False, float_format="%.6g", encoding="utf-8-sig", lineterminator="\r\n")
