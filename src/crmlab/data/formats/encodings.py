"""Which letters the bytes of a text file mean: UTF-8 and marked UTF-16 are recognised, others asked for."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from crmlab.data.formats.delimited import is_utf8
from crmlab.errors import USAGE, DataError, UsageError

AT_ONCE: Final = 2**20
SHOWN: Final = 3
"""How many lines are shown under each encoding."""
TRIED: Final = {
    "cp1252": "Western Europe",
    "cp1250": "Central Europe",
    "cp1251": "Cyrillic",
    "cp932": "Shift-JIS, Japan",
    "gb18030": "China",
    "big5": "Taiwan, Hong Kong",
    "euc_kr": "Korea",
    "euc_jp": "Japan",
    "cp1253": "Greek",
    "cp1254": "Turkish",
    "cp1255": "Hebrew",
    "cp1256": "Arabic",
    "koi8_r": "Cyrillic",
    "mac_roman": "old Macintosh",
    "cp850": "DOS, Western Europe",
}
BEST: Final = 6
"""How many encodings are shown."""
MARKS: Final = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
"""The first bytes of files that say their encoding; the longer ones before those that they begin with."""
ESCAPES: Final = re.compile(rb"\x1b[$(][@BJ]")
"""What switches alphabets in ISO-2022-JP, whose bytes are ASCII."""


def encoding_of(path: Path, name: str, said: str | None, *, plain: bool) -> str:
    """Return the encoding of a text file: what was said, 'utf-8' or a marked UTF-16 or UTF-32.

    plain: whether it is known that all is printable ASCII.

    Raises UsageError for an encoding that nobody knows, and DataError for bytes that are not in the encoding
    that was said, and for bytes that are not UTF-8: with three lines under each that decodes the file.
    """
    with path.open("rb") as file:
        start = file.read(4096)
    if said is not None:
        known = _known(said)
        _check_decodes(path, name, known)
        return known
    marked = next((encoding for mark, encoding in MARKS.items() if start.startswith(mark)), None)
    if marked:
        _check_decodes(path, name, marked)
        return marked
    if plain:
        return "utf-8"
    if b"\x00" in start:
        raise _unmarked(name, start)
    if not decodes(path, "utf-8") or _switches(path):
        raise _question(path, name)
    return "utf-8"


def decodes(path: Path, encoding: str) -> bool:
    """Tell whether all bytes of a file are text in an encoding."""
    try:
        for _ in decoded(path, encoding):
            pass
    except UnicodeError:
        return False
    return True


def decoded(path: Path, encoding: str) -> Iterator[str]:
    """Yield the text of a file in parts. Raises UnicodeError for bytes that are none in the encoding."""
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        for some in iter(lambda: file.read(AT_ONCE), b""):
            yield decoder.decode(some)
    yield decoder.decode(b"", final=True)


def in_utf8(path: Path, encoding: str, to: Path) -> Path:
    """Write a text file down again in UTF-8."""
    with to.open("w", encoding="utf-8", newline="") as file:
        for place, some in enumerate(decoded(path, encoding)):
            file.write(some.removeprefix("\ufeff") if place == 0 else some)
    return to


def _known(encoding: str) -> str:
    """Return the usual name of an encoding; refuse one that nobody knows, or that is none of text."""
    try:
        "".encode(encoding)
        name = codecs.lookup(encoding).name
    except LookupError:
        raise UsageError(
            f"--encoding '{encoding}' is not known. Common ones: utf-8, {', '.join(TRIED)}"
        ) from None
    return "utf-8" if name == "utf-8-sig" else name


def _check_decodes(path: Path, name: str, encoding: str) -> None:
    """Refuse a file whose bytes are not text in its encoding, with the first line that shows it."""
    line = 1
    try:
        for some in decoded(path, encoding):
            line += some.count("\n")
    except UnicodeError:
        raise DataError(f"{name}, about line {line}: not {encoding} text", exit_code=USAGE) from None


def _switches(path: Path) -> bool:
    """Tell whether a file of ASCII bytes switches alphabets."""
    with path.open("rb") as file:
        return any(ESCAPES.search(some) for some in iter(lambda: file.read(AT_ONCE), b""))


def _unmarked(name: str, start: bytes) -> DataError:
    """Return the error of a file with bytes of zero, and what it may be."""
    even, odd = start[::2].count(0), start[1::2].count(0)
    which = "utf-16-le" if odd > even else "utf-16-be"
    hint = (
        f": it may be UTF-16 without its mark, --encoding {which}" if max(even, odd) > len(start) // 8 else ""
    )
    return DataError(f"{name} holds bytes of zero, which no text has{hint}", exit_code=USAGE)


def _question(path: Path, name: str) -> DataError:
    """Return the error that shows lines under each encoding that decodes the whole file, likeliest first."""
    numbered = list(_telling_lines(path))
    possible = [e for e in (*TRIED, "iso2022_jp") if decodes(path, e)]
    if _switches(path):
        possible = [e for e in possible if e == "iso2022_jp"] or possible
    lines = [line for _, line in numbered]
    likely = sorted(possible, key=lambda e: -_likelihood(b"\n".join(lines).decode(e, errors="replace"), e))
    shown, seen = [], set()
    for encoding in likely:
        texts = [line.decode(encoding, errors="replace") for line in lines[:SHOWN]]
        if tuple(texts) not in seen and len(seen) < BEST:
            seen.add(tuple(texts))
            shown.append(f"\n  --encoding {encoding} ({TRIED.get(encoding, 'Japan')}):")
            shown += [f"\n      {text[:100]}" for text in texts]
    first = numbered[0][0] if numbered else 1
    says = f"{name}, line {first}: not UTF-8 text. "
    if not shown:
        return DataError(f"{says}Save the file as UTF-8, or give its --encoding", exit_code=USAGE)
    return DataError(f"{says}Say which letters are meant:{''.join(shown)}", exit_code=USAGE)


def _telling_lines(path: Path, most: int = 200) -> Iterator[tuple[int, bytes]]:
    """Yield the first lines, with their numbers, that are not UTF-8 or switch alphabets."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not is_utf8(line) or ESCAPES.search(line):
                yield number, line.rstrip(b"\r\n")
                most -= 1
                if not most:
                    return


ACCENTED: Final = set("äöüÄÖÜßéèêëàâáãåæçñóòôõøíìîïúùûýÉÈÀÇÑÓŽžŠščřťňůęąłńśźżćőűășț")
SIGNS: Final = set("€£–’“”„…°￥¥、。「」ー")
FIRST_LEVEL: Final = {
    "gb18030": ("gb2312", 0xB0, 0xD7),
    "cp932": ("euc_jp", 0xB0, 0xCF),
    "euc_jp": ("euc_jp", 0xB0, 0xCF),
    "iso2022_jp": ("euc_jp", 0xB0, 0xCF),
    "big5": ("big5", 0xA4, 0xC6),
}
"""Where standards put the common characters: an encoding, and the first and the last of their first bytes."""
RARER: Final = ("euc_jp", "mac_roman", "cp850", "koi8_r", "cp1254")
"""Encodings that shops hardly use any more, or that differ from another in few letters."""


def _likelihood(text: str, encoding: str) -> float:
    """Return how much a text looks like words, by its characters beyond ASCII."""
    foreign = [(i, c) for i, c in enumerate(text) if ord(c) > 127]
    if not foreign:
        return 0.0
    fits = sum(_fits(text, i, c, encoding) for i, c in foreign) / len(foreign)
    return fits - 0.1 * (encoding in RARER)


def _fits(text: str, place: int, character: str, encoding: str) -> float:
    """Return how well a character beyond ASCII stands where it does."""
    kind, script = unicodedata.category(character), _script(character)
    near = [text[p] for p in (place - 1, place + 1) if 0 <= p < len(text) and text[p].isalpha()]
    if kind[0] == "C" or character == "\ufffd":
        return -3.0
    if character in ACCENTED:
        # accented letters stand among plain ones, hardly among themselves
        return 1.0 if any(n.isascii() for n in near) else 0.3 if near else 0.2
    if script in ("HIRAGANA", "KATAKANA", "HANGUL"):
        return 1.1
    if script == "CJK":
        return 1.0 if _is_common(character, encoding) else -0.8
    if kind[0] != "L" or script == "HALFWIDTH":
        return 0.4 if character in SIGNS else -0.5
    # letters of an alphabet stand beside their own, mostly small ones after a capital
    own = sum(_script(n) == script for n in near)
    odd = kind == "Lu" and place > 0 and text[place - 1].islower()
    return (0.9 if own == len(near) and near else -0.6) - 0.8 * odd - 0.5 * (script == "LATIN")


def _is_common(character: str, encoding: str) -> bool:
    """Tell whether the standard behind an encoding has a character among its common ones."""
    if encoding not in FIRST_LEVEL:
        return False
    standard, first, last = FIRST_LEVEL[encoding]
    try:
        return first <= character.encode(standard)[0] <= last
    except UnicodeEncodeError:
        return False


def _script(character: str) -> str:
    """Return the first word of a character's name: its alphabet."""
    return unicodedata.name(character, "NONE").split()[0]
