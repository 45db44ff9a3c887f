"""Draw README's picture: the board of one problem, from the files that `make reproduce` left."""

from __future__ import annotations

from pathlib import Path

from crmlab.comparison.compare import compare
from crmlab.plots import board

TASK, PROBLEM = "churn", "demo_shop"
TARGET = Path(__file__).resolve().parent.parent / "docs" / "pictures" / f"{TASK}_board.png"


if __name__ == "__main__":
    board.draw(compare(TASK, PROBLEM)).save(TARGET)
