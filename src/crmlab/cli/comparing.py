"""Verbs that compare methods, by a command or by a notebook, and use the one that was chosen."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from crmlab import store
from crmlab.cli.words import ProblemName, TaskName, print_table
from crmlab.errors import DataError, UsageError, did_you_mean
from crmlab.vocabulary import CRASHED, TIMED_OUT

Fresh = Annotated[bool, typer.Option("--fresh", help="Refit also what the store holds.")]

EVERYTHING = "all"
"""What stands for the problem of a notebook that is about all of them."""

verbs = typer.Typer()


@verbs.command()
def compare(task: TaskName, name: ProblemName, fresh: Fresh = False) -> None:
    """Fit the roster's methods on a problem, score them, and print the board and the verdict.

    The lists of whom to treat are written beside the scores, or the reason why there is none. Results go
    to experiments/scratch; the pipeline's files change through `dvc repro` only.
    """
    from crmlab import actions
    from crmlab.comparison.compare import compare as compare_methods
    from crmlab.problems.in_words import alike_in_words, windows_in_words
    from crmlab.problems.on_demand import make_ready

    make_ready(task, name)
    comparison = compare_methods(task, name, fresh=fresh)
    path = comparison.save()
    for line in windows_in_words(comparison.problem.facts):
        typer.echo(line)
    show(comparison)
    for line in alike_in_words(comparison.problem.facts):
        typer.echo(line)
    reused = sum(r.reused for r in comparison.runs)
    typer.echo(f"{reused} runs reused. Scores: {store.show(path)}")
    lists = actions.write(comparison)
    typer.echo(f"Lists of whom to treat, or why there is none: {store.show(lists)}")


@verbs.command()
def act(
    task: TaskName,
    name: ProblemName,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="A day, such as 2024-10-01. Default: the last of the data.")
    ] = None,
) -> None:
    """List whom to treat today: everyone known at the end of a day, by the method that the comparison chose.

    The method is fitted again on all that is known by then. Nothing of it is scored, as nobody knows yet what
    becomes of these customers; how good the method is was judged on windows that are over.
    """
    from crmlab import actions
    from crmlab.comparison.compare import compare as compare_methods
    from crmlab.comparison.progress import reporter
    from crmlab.problems.as_of import refuse_undated
    from crmlab.problems.files import load
    from crmlab.problems.on_demand import make_ready

    make_ready(task, name)
    refuse_undated(task, name, load(task, name).spec)
    judged = compare_methods(task, name)
    today = actions.as_of(judged, as_of, progress=reporter(f"{task}/{name} as of {as_of or 'the last day'}"))
    folder, made = actions.write_as_of(today, judged)
    facts, fold, first = today.problem.facts, today.problem.last_fold(), today.runs[0]
    windows = sorted(f["cutoff"] for f in judged.problem.facts["folds"])
    learned = "learning from no outcomes"
    if len(fold.train_rows):
        learned = f"fitted on {len(fold.train_rows):,} rows whose outcome is known by then"
    typer.echo(
        f"As of the end of {facts['as_of']}: {len(fold.test_rows):,} customers, by {first.label}, {learned}. "
        f"Judged on what came after {', '.join(windows)}: {judged.verdict.sentences[0]}"
    )
    for name_of, listing in made.items():
        if isinstance(listing, str):
            typer.echo(f"No list '{name_of}': {listing}")
            continue
        print_table(listing.head(10).reset_index())
        for sentence in listing.sentences:
            typer.echo(sentence)
    typer.echo(f"Everybody with both dates, method and run: {store.show(folder)}")


def show(comparison: Any) -> None:
    """Print a comparison's board and verdict."""
    board = comparison.ranking()
    print_table(board[[*board.columns[:6], "Note"]])
    for sentence in comparison.verdict.sentences:
        typer.echo(sentence)


@verbs.command()
def notebook(
    name: Annotated[str, typer.Argument(help="A notebook in notebooks/, without .ipynb.")],
    problem: Annotated[
        str, typer.Argument(help="The problem (or, for a page, the data set) that it is about.")
    ] = EVERYTHING,
    parameter: Annotated[
        list[str] | None, typer.Option("--parameter", "-p", help="NAME=VALUE for the notebook.")
    ] = None,
) -> None:
    """Execute a notebook through papermill for the pipeline, strictly, and attach it in MLflow."""
    from crmlab import params
    from crmlab.comparison.committed import read
    from crmlab.pipeline import notebook as executing

    settings = params.load()
    known = executing.parameters(name)
    _check_problem(settings, name, problem, asks="problem" in known)
    given: dict[str, Any] = {"output": "pipeline", "problem": problem}
    given = {k: v for k, v in given.items() if k in known}
    given |= executing.parse_parameters(name, parameter or [])
    target = store.executed_notebook(name, problem)
    with store.locked(f"notebook.{name}.{problem}"):
        executing.execute(name, given, target)
    typer.echo(f"{name}/{problem}: {store.show(target)}")
    scores = store.scores_file(name, problem)
    if scores.is_file():
        record = read(name, problem)
        for sentence in record["verdict"]["sentences"][:2]:
            typer.echo(f"  {sentence}")
        for method, made in record["methods"].items():
            if made["status"] in (CRASHED, TIMED_OUT):
                again = f"dvc repro --force comparison@{name}-{problem}"
                typer.echo(f"  {method}: {made['reason']}. To try again: {again}", err=True)
        from crmlab import tracking

        tracking.attach_notebook(record["score_key"], name, target)


def _check_problem(settings: Any, notebook: str, problem: str, *, asks: bool) -> None:
    """Refuse a problem (or, for a page, a data set) that params.yaml does not name.

    asks: whether the notebook has a parameter `problem`; one without is about everything.
    """
    pages = {page["notebook"] for page in settings.pages.values()}
    beside = {pair["task"] for pair in settings.beside.values() if pair["notebook"] == notebook}
    if notebook in settings.tasks and any(store.tables_folder(problem).glob("*.parquet")):
        _refuse_own(settings, notebook, problem)
    if notebook in settings.tasks:
        settings.task(notebook).spec(problem)
    elif notebook in pages and problem not in settings.datasets:
        known = did_you_mean(problem, settings.datasets)
        raise UsageError(f"{store.PARAMS} lists no data set '{problem}'.{known}")
    elif beside and not any(problem in settings.task(task).problems for task in beside):
        known = did_you_mean(problem, {p for task in beside for p in settings.task(task).problems})
        raise UsageError(f"{notebook} has no problem '{problem}'.{known}")
    elif not asks and notebook not in pages and problem != EVERYTHING:
        raise UsageError(
            f"{notebook} has no problem '{problem}': it is about all. Run `crmlab notebook {notebook}`"
        )
    store.confined(problem)


def _refuse_own(settings: Any, notebook: str, problem: str) -> None:
    """Refuse own data, which have no place in the pipeline, and say where they do."""
    if problem not in settings.task(notebook).problems:
        raise UsageError(
            f"'{problem}' is no problem of {store.PARAMS}, and the pipeline runs no other. Your own data: "
            f"`crmlab compare {notebook} {problem}`, or open notebooks/{notebook}.ipynb, set problem = "
            f'"{problem}" and run all cells'
        )


@verbs.command()
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

    from crmlab import tracking
    from crmlab.store import spreadsheet

    if not input.is_file():
        raise UsageError(f"there is no file {input}")
    if not model.startswith((f"{task}.", "models:/", "runs:/")):
        raise UsageError(f"'{model}' is no model of the task '{task}': its name begins with '{task}.'")
    rows = _new_customers(input)
    answers = tracking.apply(model, rows)
    keys = [c for c in ("row_id", "customer") if c in rows]
    answers = pd.concat([rows[keys].reset_index(drop=True), answers], axis=1)
    with store.replacing(output) as part:
        if output.suffix == ".parquet":
            answers.to_parquet(part, index=False)
        else:
            spreadsheet.write(answers, part)
    typer.echo(f"{len(answers):,} customers answered: {output}")


def _new_customers(path: Path) -> Any:
    """Return a table of customers, ids as text. Raises DataError for a file that is no such table."""
    import pandas as pd

    try:
        if path.suffix == ".parquet":
            return pd.read_parquet(path)
        return pd.read_csv(path, dtype={"customer": "str"})
    except (ValueError, OSError) as error:  # of both readers, with what is wrong in the first line
        what = str(error).splitlines()[0].rstrip(".")
        raise DataError(f"{path} cannot be read ({what}): write it as UTF-8 CSV or as Parquet") from None
