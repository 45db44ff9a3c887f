"""The crmlab command: the verbs that dvc.yaml and people call."""

from __future__ import annotations

import difflib
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from crmlab import store
from crmlab.errors import USAGE, CrmlabError, UsageError, did_you_mean
from crmlab.vocabulary import CRASHED, TIMED_OUT

app = typer.Typer(
    name="crmlab",
    help="""Answer customer questions by comparisons: many methods, one leakage-safe protocol,
    every number with an interval.

    The way of the data: fetch → tables → problem → compare (or notebook) → MLflow.
    `crmlab datasets` shows what there is; params.yaml says what enters each comparison.""",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)

TaskName = Annotated[
    str, typer.Argument(help="A question: segmentation, acquisition, churn, value or retention.")
]
ProblemName = Annotated[str, typer.Argument(help="A problem of the task in params.yaml, or your own data.")]
DatasetName = Annotated[str, typer.Argument(help="A data set; see `crmlab datasets`.")]
Fresh = Annotated[bool, typer.Option("--fresh", help="Refit also what the store holds.")]


@app.command()
def datasets() -> None:
    """List the data sets, then your own: label, licence, rows, and whether it was fetched."""
    from crmlab.catalogue import catalogue

    _print_table(catalogue())


@app.command()
def sources() -> None:
    """Write which source files are behind each kind of stage: what `dvc repro` depends on."""
    from crmlab import sources as reading

    typer.echo(f"sources of the stages: {store.show(reading.write())}")


@app.command()
def fetch(dataset: DatasetName) -> None:
    """Download a data set's files (or take them from CRMLAB_MIRROR) and verify them.

    Nothing is kept unless its SHA-256 is the pinned one.
    """
    from crmlab.fetch import fetch as fetch_files

    typer.echo(f"{dataset}: verified in {store.show(fetch_files(dataset))}")


@app.command()
def tables(
    dataset: DatasetName,
    csv: Annotated[Path | None, typer.Option(help="Your own orders as CSV; DATASET is its new name.")] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(help="Where a column is not recognised: OURS=YOURS, such as customer=ClientNo."),
    ] = None,
    date_format: Annotated[
        str | None, typer.Option(help="How your dates are written, such as %d/%m/%Y %H:%M.")
    ] = None,
    decimal: Annotated[str, typer.Option(help="The decimal sign of your numbers: . or ,")] = ".",
) -> None:
    """Make a data set's canonical tables, checked and flagged, and its fingerprint.

    Your own shop: `crmlab tables myshop --csv orders.csv`, then `crmlab compare churn myshop`.
    """
    from crmlab import own_data
    from crmlab import tables as making

    if csv is None:
        for name, facts in making.make_tables(dataset)["tables"].items():
            typer.echo(f"{dataset}: {name} {facts['rows']:,} rows, {len(facts['columns'])} columns")
        return
    pairs = dict(_pair(text) for text in column or [])
    brought = own_data.from_csv(dataset, csv, pairs, date_format=date_format, decimal=decimal)
    for line in brought.told():
        typer.echo(line)
    typer.echo(f"Next: crmlab compare churn {dataset}")


@app.command()
def problem(task: TaskName, name: ProblemName) -> None:
    """Pose a task on a data set: rows before the cutoff, folds, solution, facts."""
    from crmlab.posing import posed

    facts = posed(task, name).facts
    typer.echo(
        f"{task}/{name}: {facts['n_rows']:,} rows, {len(facts['folds'])} folds, digest {facts['digest'][:12]}"
    )


@app.command()
def compare(task: TaskName, name: ProblemName, fresh: Fresh = False) -> None:
    """Fit the roster's methods on a problem, score them, and print the board and the verdict.

    Results go to experiments/scratch; the pipeline's files change through `dvc repro` only.
    """
    from crmlab.compare import compare as compare_methods
    from crmlab.posing import is_posed, posed

    if not is_posed(task, name):
        posed(task, name)
    comparison = compare_methods(task, name, fresh=fresh)
    path = comparison.save()
    show(comparison)
    reused = sum(r.reused for r in comparison.runs)
    typer.echo(f"{reused} runs reused. Scores: {store.show(path)}")


def show(comparison: Any) -> None:
    """Print a comparison's board and verdict."""
    board = comparison.ranking()
    _print_table(board[[*board.columns[:6], "Note"]])
    for sentence in comparison.verdict.sentences:
        typer.echo(sentence)


@app.command()
def notebook(
    name: Annotated[str, typer.Argument(help="A notebook in notebooks/, without .ipynb.")],
    problem: Annotated[
        str, typer.Argument(help="The problem (or, for `data`, the data set) it tells of.")
    ] = "all",
    parameter: Annotated[
        list[str] | None, typer.Option("--parameter", "-p", help="NAME=VALUE for the notebook.")
    ] = None,
) -> None:
    """Execute a notebook through papermill for the pipeline, strictly, and attach it in MLflow."""
    from crmlab import notebook as executing
    from crmlab import params

    settings = params.load()
    known = executing.parameters(name)
    if "problem" in known:
        _check_problem(settings, name, problem)
    given: dict[str, Any] = {"output": "pipeline", "problem": problem}
    given = {k: v for k, v in given.items() if k in known}
    given |= executing.parse_parameters(name, parameter or [])
    target = store.executed_notebook(name, problem)
    with store.locked(f"notebook.{name}.{problem}"):
        executing.execute(name, given, target)
    typer.echo(f"{name}/{problem}: {store.show(target)}")
    scores = store.scores_file(name, problem)
    if scores.is_file():
        record = store.read_json(scores, made_by=f"crmlab notebook {name} {problem}")
        for sentence in record["verdict"]["sentences"][:2]:
            typer.echo(f"  {sentence}")
        for method, made in record["methods"].items():
            if made["status"] in (CRASHED, TIMED_OUT):
                again = f"dvc repro --force {name}@{problem}"
                typer.echo(f"  {method}: {made['reason']}. To try again: {again}", err=True)
        from crmlab import tracking

        tracking.attach_notebook(record["score_key"], name, target)


@app.command()
def apply(
    task: TaskName,
    model: Annotated[str, typer.Option(help="A registered model, such as churn.demo_shop@champion.")],
    input: Annotated[Path, typer.Option(help="New customers: .csv or .parquet with the model's columns.")],
    output: Annotated[Path, typer.Option(help="Where the answers go: .csv or .parquet.")] = Path(
        "answers.parquet"
    ),
) -> None:
    """Use a fitted model on new customers. Wrong columns are named; no wrong score is given.

    A segmentation answers with each customer's segment, its name and policy, and how sure it is.
    """
    import pandas as pd

    from crmlab import spreadsheet, tracking

    if not input.is_file():
        raise UsageError(f"there is no file {input}")
    if not model.startswith((f"{task}.", "models:/", "runs:/")):
        raise UsageError(f"'{model}' is no model of the task '{task}': its name begins with '{task}.'")
    rows = pd.read_parquet(input) if input.suffix == ".parquet" else pd.read_csv(input)
    answers = tracking.apply(model, rows)
    keys = [c for c in ("row_id", "customer") if c in rows]
    answers = pd.concat([rows[keys].reset_index(drop=True), answers], axis=1)
    with store.replacing(output) as part:
        if output.suffix == ".parquet":
            answers.to_parquet(part, index=False)
        else:
            spreadsheet.write(answers, part)
    typer.echo(f"{len(answers):,} customers answered: {output}")


@app.command()
def sync() -> None:
    """Rebuild MLflow from the files: log every committed comparison that is not there yet.

    What the sources and params.yaml of today no longer give is named and not logged.
    """
    from crmlab import params, tracking

    settings = params.load()
    typer.echo(tracking.initialise())
    for task in settings.tasks.values():
        for name in task.problems:
            if store.scores_file(task.name, name).is_file():
                typer.echo(_sync(task.name, name, settings))


def _sync(task: str, name: str, settings: Any) -> str:
    """Log a committed comparison and its notebook unless they are there; return what was done."""
    from crmlab import tracking
    from crmlab.compare import PIPELINE
    from crmlab.compare import compare as compare_methods

    made_by = f"dvc repro {task}@{name}"
    key = store.read_json(store.scores_file(task, name), made_by=made_by)["score_key"]
    if tracking.logged(key, needs_champion=True):
        said = f"{task}/{name} is in MLflow already"
    elif not store.problem_folder(task, name).is_dir():
        return f"{task}/{name} is not made on this machine and left out: run `{made_by}`"
    else:
        comparison = compare_methods(task, name, settings=settings)
        if comparison.score_key != key:
            return f"{task}/{name} is left out: its committed scores are stale; run `{made_by}`"
        said = tracking.track(comparison, PIPELINE)
    executed = store.executed_notebook(task, name)
    if executed.is_file():
        tracking.attach_notebook(key, task, executed)
    return said


@app.command("log-model")
def log_model(key: Annotated[str, typer.Argument(help="A run key (tag crmlab.run_key in MLflow).")]) -> None:
    """Register any kept run's model in MLflow; the champion stays where it is."""
    from crmlab import params, tracking
    from crmlab.compare import compare as compare_methods

    settings = params.load()
    places = {}
    for task in settings.tasks.values():
        for name in task.problems:
            path = store.scores_file(task.name, name)
            if path.is_file():
                record = store.read_json(path, made_by=f"dvc repro {task.name}@{name}")
                places |= {run["run_key"]: (task.name, name) for run in record["methods"].values()}
    if key not in places:
        near = [k for k in places if key and k.startswith(key)] or difflib.get_close_matches(key, places)
        hint = f" Did you mean {' or '.join(near[:3])}?" if near else ""
        raise UsageError(
            f"no committed score has the run key '{key}'.{hint}\n  Run keys stand in MLflow as the tag "
            "crmlab.run_key, and in experiments/scores/<task>/<problem>.json as run_key of each method."
        )
    comparison = compare_methods(*places[key], settings=settings)
    typer.echo(tracking.log_model(comparison, key))


@app.command()
def verify(
    keys: Annotated[
        bool, typer.Option("--keys", help="Only recompute the keys, offline, in seconds.")
    ] = False,
    only: Annotated[list[str] | None, typer.Option(help="TASK/PROBLEM, or a data set; repeatable.")] = None,
) -> None:
    """Check the committed scores: recompute the keys, or re-execute and compare the numbers.

    Classes: exact (same digits), numeric (within 1e-6), order (same ranking, other numbers),
    different. Ends with exit code 1 for a stale key or a different result.
    """
    from crmlab import verify as checking

    found = checking.verify_keys() if keys else checking.verify_numbers(only or [])
    width = found["problem"].str.len().max()
    for problem, *said, _ in found.itertuples(index=False):
        words = [f"{word:.1e}" if isinstance(word, float) else " ".join(word.split()) for word in said]
        typer.echo(f"{problem:<{width}}  {'  '.join(words).rstrip()}")
    bad = found[~found["ok"]]
    if len(bad):
        raise CrmlabError(f"{len(bad)} of {len(found)} committed comparisons do not hold")
    typer.echo(f"all {len(found)} hold")


@app.command()
def board(
    as_markdown: Annotated[bool, typer.Option("--markdown", help="As the README's table.")] = False,
) -> None:
    """Show the ranking of every comparison, its intervals, and whether the lead is real."""
    from crmlab import report

    if as_markdown:
        typer.echo(report.markdown(report.board()))
        return
    for line in report.rankings():
        typer.echo(line)
    typer.echo("Open a notebook: make lab. Compare runs: make review.")


@app.command()
def params() -> None:
    """Check params.yaml whole: unknown keys, wrong types, unknown methods."""
    from crmlab import params as reading

    settings = reading.load()
    count = sum(len(t.problems) for t in settings.tasks.values())
    for task in settings.tasks.values():
        for name in task.problems:
            task.roster(name)
    typer.echo(f"params.yaml holds {count} problems of {len(settings.tasks)} tasks")


@app.command()
def init() -> None:
    """Create MLflow's store once (the Makefile does this)."""
    from crmlab import tracking

    typer.echo(tracking.initialise())


@app.command()
def review(port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = 5000) -> None:
    """Start MLflow's pages on 127.0.0.1 and print the links that compare the methods."""
    from crmlab import tracking

    for line in tracking.links(port):
        typer.echo(line)
    tracking.serve(port)


def _check_problem(settings: Any, notebook: str, problem: str) -> None:
    """Refuse a problem (or, for the notebook `data`, a data set) that params.yaml does not name."""
    if notebook in settings.tasks:
        settings.task(notebook).spec(problem)
    elif notebook == "data" and problem not in settings.datasets:
        known = did_you_mean(problem, settings.datasets)
        raise UsageError(f"{store.PARAMS} lists no data set '{problem}'.{known}")


def _pair(text: str) -> tuple[str, str]:
    """Split OURS=YOURS."""
    ours, mark, yours = text.partition("=")
    if not mark:
        raise UsageError(f"'{text}' is not OURS=YOURS, such as customer=ClientNo")
    return ours, yours


def _print_table(frame: Any) -> None:
    """Print a frame as text, every row; cells are cut at 60 letters."""
    import pandas as pd

    with pd.option_context("display.width", 200, "display.float_format", "{:.4f}".format):
        typer.echo(frame.to_string(index=False, na_rep="", max_colwidth=60))


def main() -> None:
    """Run the command; an error in the caller's words ends with its exit code and no traceback."""
    # one BLAS kernel on every processor, so that the last digits agree
    os.environ.setdefault("OPENBLAS_CORETYPE", "Haswell")
    try:
        app(standalone_mode=False)
    except CrmlabError as error:
        typer.echo(f"crmlab: {error}", err=True)
        sys.exit(error.exit_code)
    except typer.Abort:
        sys.exit(130)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        # usage errors of the command line itself show their own message
        if hasattr(error, "show") and hasattr(error, "exit_code"):
            error.show()
            sys.exit(USAGE)
        raise


if __name__ == "__main__":
    main()
