"""What a benchmark found, kept as JSON and as a table: benchmarks/results/<name>.json and .md."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

FOLDER = Path(__file__).parent / "results"
LIBRARIES = ("numpy", "scikit-learn", "scipy")


def keep(
    name: str, title: str, rows: Sequence[Mapping[str, object]], *, notes: Mapping[str, str] | None = None
) -> None:
    """Write the rows (all with the same columns) with where they were measured, and print the table."""
    FOLDER.mkdir(exist_ok=True)
    machine = {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "processors": os.cpu_count(),
        "load_before": round(os.getloadavg()[1], 1),
    } | {library: version(library) for library in LIBRARIES}
    found = {"title": title, "measured_on": machine, "rows": list(rows)}
    (FOLDER / f"{name}.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    where = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in machine.items())
    told = "".join(f"- {key}: {text}\n" for key, text in (notes or {}).items())
    text = f"# {title}\n\n{table(rows)}\n{told and told + chr(10)}One thread; {where}.\n"
    (FOLDER / f"{name}.md").write_text(text, encoding="utf-8")
    print(text)


def table(rows: Sequence[Mapping[str, object]]) -> str:
    """Return rows as a Markdown table."""
    columns = list(rows[0])
    lines = [columns, ["---"] * len(columns), *([row[c] for c in columns] for row in rows)]
    return "".join("| " + " | ".join(map(str, line)) + " |\n" for line in lines)
