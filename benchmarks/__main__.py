"""Timings side by side, in one process after the other: `python benchmarks [name ...]`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

# before numpy is loaded: one thread on both sides
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")
sys.path.insert(0, str(Path(__file__).parent))

NAMES = sorted(
    f.stem for f in Path(__file__).parent.glob("*.py") if not f.stem.startswith("_") and f.stem != "timing"
)


def main(wanted: list[str]) -> None:
    """Run benchmarks, all or those named."""
    unknown = [name for name in wanted if name not in NAMES]
    if unknown:
        sys.exit(f"no benchmark is called '{unknown[0]}'. There is: {', '.join(NAMES)}.")
    for name in wanted or NAMES:
        __import__(name).main()


if __name__ == "__main__":
    main(sys.argv[1:])
