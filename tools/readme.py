"""Write the table of results into README.md, between its markers, from the committed scores."""

from __future__ import annotations

from pathlib import Path

from crmlab.desk import board

README = Path(__file__).resolve().parent.parent / "README.md"
BEGIN, END = "<!-- results -->", "<!-- /results -->"


def with_results(text: str, table: str) -> str:
    """Return the README's text with the table between the markers. Raises ValueError without them."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"README.md has no {BEGIN} ... {END} to put the results between")
    return f"{before}{BEGIN}\n{table}\n{END}{after}"


if __name__ == "__main__":
    content = with_results(README.read_text(encoding="utf-8"), board.markdown(board.board()))
    README.write_text(content, encoding="utf-8")
