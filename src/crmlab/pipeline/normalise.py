"""Executed notebooks without what differs from run to run, so that two runs give the same bytes."""

from __future__ import annotations

import copy
import re
from typing import Any

from crmlab import store

VOLATILE = "volatile"
"""Tag of cells whose outputs differ from run to run (seconds, memory)."""

INJECTED = "injected-parameters"
"""Tag that papermill gives the cell with the parameters that it adds; here it is the cell's id too."""

ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}\b")
COLOURED = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def normalised(notebook: Any) -> Any:
    """Return an executed notebook without what differs from run to run.

    Gone: papermill's and the kernel's times and versions, the random id of the cell that papermill adds,
    addresses in reprs, terminal colours, the project's own place on the disk, how the kernel cut a stream
    into pieces, and the outputs of cells tagged `volatile`. All other cells keep the ids of their source.
    """
    notebook = copy.deepcopy(notebook)
    notebook.metadata = {k: v for k, v in notebook.metadata.items() if k == "kernelspec"}
    for cell in notebook.cells:
        if INJECTED in cell.metadata.get("tags", []):
            cell["id"] = INJECTED
        cell.metadata = {k: v for k, v in cell.metadata.items() if k == "tags"}
        if cell.cell_type != "code":
            continue
        if VOLATILE in cell.metadata.get("tags", []):
            cell.outputs = []
        cell.outputs = _joined(cell.outputs)
        for output in cell.outputs:
            if "text" in output:
                output["text"] = _plain(output["text"])
            for kind, content in output.get("data", {}).items():
                if isinstance(content, str) and not kind.startswith("image/png"):
                    output["data"][kind] = _plain(content)
    return notebook


def _joined(outputs: list[Any]) -> list[Any]:
    """Return outputs with neighbouring pieces of one stream joined: where a kernel cuts is chance."""
    joined: list[Any] = []
    for output in outputs:
        last = joined[-1] if joined else None
        if last and output.output_type == "stream" == last.output_type and output.name == last.name:
            last["text"] += output["text"]
        else:
            joined.append(output)
    return joined


def _plain(text: str) -> str:
    """Return text without memory addresses, terminal colours and the project's place on the disk."""
    return COLOURED.sub("", ADDRESS.sub("0x0", text)).replace(str(store.project()), ".")
