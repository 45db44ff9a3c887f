"""Timings side by side, one after the other: `python benchmarks [name ...]` or `[name --option ...]`."""

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
    """Run benchmarks, all or those named; what follows one name and begins with -- is handed to it."""
    options = next((i for i, word in enumerate(wanted) if word.startswith("--")), len(wanted))
    wanted, options = wanted[:options], wanted[options:]
    if options and len(wanted) != 1:
        sys.exit("options belong to one benchmark: name it before them, as in `kmeans --rows 100000`.")
    unknown = [name for name in wanted if name not in NAMES]
    if unknown:
        sys.exit(f"no benchmark is called '{unknown[0]}'. There is: {', '.join(NAMES)}.")
    for name in wanted or NAMES:
        __import__(name).main(*[options] if options else [])


if __name__ == "__main__":
    main(sys.argv[1:])
