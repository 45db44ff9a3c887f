"""Where things lie and how they are written: the only module that knows folder names.

A *project* is a folder with `params.yaml`. Files of the pipeline (data, experiments) are found
from the project; the run store, the tracking address and the mirror from the DVC root, because
the experiment queue runs in temporary copies of the project.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crmlab.errors import DataError, UsageError

if TYPE_CHECKING:
    import ibis
    import pandas as pd
    import pyarrow as pa

PARAMS = "params.yaml"
POLICIES = "policies.yaml"


# --- places -----------------------------------------------------------------------------------
def project() -> Path:
    """Return the project's root: the nearest folder at or above the current one with params.yaml.

    Raises UsageError when there is none.
    """
    here = Path.cwd().resolve()
    for folder in (here, *here.parents):
        if (folder / PARAMS).is_file():
            return folder
    raise UsageError(f"no {PARAMS} in {here} or above it: run crmlab inside a crmlab project")


def home() -> Path:
    """Return the root that outlives experiment copies: DVC's main repository, else the project."""
    return Path(os.environ.get("DVC_ROOT") or project())


def sources_folder() -> Path:
    """Which source files are behind each kind of stage, for DVC."""
    return project() / "data" / "sources"


def raw_folder(dataset: str) -> Path:
    """Files as published."""
    return project() / "data" / "raw" / dataset


def tables_folder(dataset: str) -> Path:
    """Canonical tables, one parquet file each."""
    return project() / "data" / "tables" / dataset


def truth_folder(dataset: str) -> Path:
    """What only the oracle and tests may read: the truth behind a simulated data set."""
    return tables_folder(dataset) / "truth"


def fingerprint_file(dataset: str) -> Path:
    """The readable fingerprint of a data set's tables (in git)."""
    return project() / "data" / "tables" / f"{dataset}.json"


def problem_folder(task: str, problem: str) -> Path:
    """rows, folds and solution of a problem."""
    return project() / "data" / "problems" / task / problem


def facts_file(task: str, problem: str) -> Path:
    """The readable facts of a problem (in git)."""
    return project() / "data" / "problems" / task / f"{problem}.json"


def predictions_file(task: str, problem: str) -> Path:
    """The roster's answers on a problem."""
    return project() / "experiments" / "predictions" / task / f"{problem}.parquet"


def scores_file(task: str, problem: str) -> Path:
    """The scores of a problem (in git, a DVC metric)."""
    return project() / "experiments" / "scores" / task / f"{problem}.json"


def curves_file(task: str, problem: str) -> Path:
    """One curve per method, for `dvc plots`."""
    return project() / "experiments" / "curves" / task / f"{problem}.csv"


def segments_folder(problem: str, *, scratch: bool = False) -> Path:
    """The segmentation to use on a problem: who is where, profile, rules, policies."""
    if scratch:
        return scratch_folder() / "segmentation" / problem / "segments"
    return project() / "experiments" / "segments" / problem


def prospects_folder(problem: str, *, scratch: bool = False) -> Path:
    """The ranked list of prospects of a problem's last window."""
    if scratch:
        return scratch_folder() / "acquisition" / problem / "prospects"
    return project() / "experiments" / "prospects" / problem


def retention_folder(task: str, problem: str, *, scratch: bool = False) -> Path:
    """The ranked list of customers to keep, of a problem's last window."""
    if scratch:
        return scratch_folder() / task / problem / "retention"
    return project() / "experiments" / "retention" / task / problem


def policies_file() -> Path:
    """What the shop does for a segment, by its place: written by people, need not be there."""
    return project() / POLICIES


def executed_notebook(task: str, problem: str) -> Path:
    """The executed and normalised notebook of a problem."""
    return project() / "experiments" / "notebooks" / task / f"{problem}.ipynb"


def failed_notebook(task: str, problem: str) -> Path:
    """What was executed of a notebook until a cell failed."""
    return project() / "experiments" / "failed" / f"{task}-{problem}.ipynb"


def study_file(name: str) -> Path:
    """The worlds and claims of a simulation study (in git)."""
    return project() / "experiments" / "studies" / f"{name}.json"


def scratch_folder() -> Path:
    """Where interactive runs write, so that they never overwrite the pipeline's files."""
    return project() / "experiments" / "scratch"


def run_folder(run_key: str) -> Path:
    """One run: answers, model, cost. A cache: it can be deleted and is rebuilt on demand."""
    return home() / "experiments" / "store" / run_key


def tracking_uri() -> str:
    """Return MLflow's address: MLFLOW_TRACKING_URI, else the project's own SQLite file."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{home() / 'mlflow.db'}"


def mirror() -> Path | None:
    """Return the folder named by CRMLAB_MIRROR (relative to the project's home), or None."""
    named = os.environ.get("CRMLAB_MIRROR")
    return (home() / named).resolve() if named else None


# --- writing: to a temporary name, then rename ------------------------------------------------
@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary name beside `path`; on success it becomes `path`, else it is removed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    os.close(handle)
    part = Path(name)
    try:
        yield part
        part.chmod(0o644)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@contextlib.contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """Yield a temporary folder beside `path`; on success it replaces `path`, else it is removed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent))
    try:
        yield part
        part.chmod(0o755)
        if path.exists():  # out of the way by one rename, so that nobody sees it half removed
            path.replace(part.with_suffix(".old"))
        part.replace(path)
    finally:
        shutil.rmtree(part, ignore_errors=True)
        shutil.rmtree(part.with_suffix(".old"), ignore_errors=True)


def write_json(path: Path, content: Any) -> None:
    """Write readable JSON with a stable order of lines; floats keep 9 significant digits."""
    with replacing(path) as part:
        text = json.dumps(rounded(content), indent=1, ensure_ascii=False, allow_nan=False)
        part.write_text(text + "\n", encoding="utf-8")


def read_json(path: Path, *, made_by: str) -> Any:
    """Read JSON; `made_by` is the command that makes the file and is named when it is missing."""
    if not path.is_file():
        raise DataError(f"{show(path)} is missing: run `{made_by}` first")
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise DataError(f"{show(path)} is not JSON ({error}): run `{made_by}` again") from None


def rounded(value: Any) -> Any:
    """Return `value` with floats at 9 significant digits and NaN or infinity as None."""
    if isinstance(value, dict):
        return {str(k): rounded(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(v) for v in value]
    if isinstance(value, float) or type(value).__module__ == "numpy":
        number = value.item() if hasattr(value, "item") else value
        if not isinstance(number, float):
            return number
        if number != number or number in (float("inf"), float("-inf")):
            return None
        return float(f"{number:.9g}")
    return value


def write_frame(path: Path, frame: pd.DataFrame | pa.Table) -> None:
    """Write parquet whose bytes depend on the content and the locked pyarrow only."""
    import pyarrow.parquet as pq

    with replacing(path) as part:
        pq.write_table(as_arrow(frame), part, compression="zstd", store_schema=True)


def read_frame(path: Path, *, made_by: str) -> pd.DataFrame:
    """Read parquet as pandas; `made_by` is the command that makes the file.

    Raises DataError where the file is missing or is not parquet.
    """
    import pandas as pd
    import pyarrow as pa

    if not path.is_file():
        raise DataError(f"{show(path)} is missing: run `{made_by}` first")
    try:
        return pd.read_parquet(path)
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{show(path)} cannot be read ({error}): run `{made_by}` again") from None


def as_arrow(frame: pd.DataFrame | pa.Table) -> pa.Table:
    """Return an arrow table in one chunk, without an index and without metadata."""
    import pyarrow as pa

    table = frame if isinstance(frame, pa.Table) else pa.Table.from_pandas(frame, preserve_index=False)
    return table.replace_schema_metadata(None).combine_chunks()


def digest(frame: pd.DataFrame | pa.Table) -> str:
    """Return the SHA-256 of a table's schema and values (not of a file's bytes)."""
    import pyarrow as pa

    table = as_arrow(frame)
    total = hashlib.sha256(table.schema.to_string().encode())
    for column in table.columns:
        # what lies under a null and beyond the end of a bitmap is arbitrary: neither is hashed
        for part in (column.is_valid(), column.drop_null()):
            plain = part.cast(pa.uint8()) if pa.types.is_boolean(part.type) else part
            batch = pa.table({"values": plain}).combine_chunks()
            sink = pa.BufferOutputStream()
            with pa.ipc.new_stream(sink, batch.schema) as writer:
                writer.write_table(batch)
            total.update(sink.getvalue())
    return total.hexdigest()


def digest_of(content: Any) -> str:
    """Return the SHA-256 of JSON-like content, independent of the order of keys."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def show(path: Path) -> str:
    """Return a path as a reader wants it: relative to the project where that is possible."""
    try:
        return str(path.resolve().relative_to(project()))
    except (ValueError, UsageError):
        return str(path)


@contextlib.contextmanager
def locked(name: str) -> Iterator[None]:
    """Hold the project's lock `name`; a second process waits. The system frees it at any death."""
    import fcntl

    folder = home() / "experiments" / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{name.replace('/', '.')}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


# --- the engine -------------------------------------------------------------------------------
def engine() -> ibis.BaseBackend:
    """Return a fresh in-memory DuckDB behind Ibis: the one place where the engine is chosen."""
    import ibis

    return ibis.duckdb.connect(threads=2, memory_limit="4GB")


def open_tables(dataset: str, connection: ibis.BaseBackend) -> dict[str, ibis.Table]:
    """Return a data set's canonical tables as Ibis tables, by name.

    Raises DataError when the tables were not made yet.
    """
    files = sorted(tables_folder(dataset).glob("*.parquet"))
    if not files:
        raise DataError(f"no tables of '{dataset}': run `crmlab tables {dataset}` first")
    return {f.stem: connection.read_parquet(f, table_name=f.stem) for f in files}
