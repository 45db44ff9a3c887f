"""Verbs that compare methods, by a command or by a notebook, and use the one that was chosen."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Annotated, Any

import typer

from crmlab import store
from crmlab.cli.words import ProblemName, TaskName, print_table
from crmlab.errors import UsageError, did_you_mean
from crmlab.vocabulary import CRASHED, TIMED_OUT

Fresh = Annotated[bool, typer.Option("--fresh", help="Refit also what the store holds.")]

EVERYTHING = "all"
"""What stands for the problem of a notebook that is about all of them."""

verbs = typer.Typer()


@verbs.command()
def compare(
    task: TaskName,
    name: ProblemName,
    fresh: Fresh = False,
    scores: Annotated[
        Path | None,
        typer.Option(help="Somebody else's scores, customer, date, score: they take part as a method."),
    ] = None,
) -> None:
    """Fit the roster's methods on a problem, score them, and print the board and the verdict.

    The lists of whom to treat are written beside the scores, or the reason why there is none. Results go to
    experiments/scratch; the pipeline's files change through `dvc repro` only. Scores of others are judged,
    each window by the latest before its cutoff; the lists stay those of the methods here, which can be asked
    about today.
    """
    from crmlab import actions
    from crmlab.comparison import vendor
    from crmlab.comparison.compare import compare as compare_methods
    from crmlab.problems import chosen
    from crmlab.problems.coming_back import outcome_word
    from crmlab.problems.files import load
    from crmlab.problems.in_words import alike_in_words, windows_in_words
    from crmlab.problems.on_demand import is_own, make_ready

    if scores is not None:  # what is wrong with the file is said before anything is fitted
        vendor.read_scores(scores, before=vendor.NEVER)
    make_ready(task, name)
    for sentence in chosen.sentences(load(task, name)) if is_own(task, name) else []:
        typer.echo(sentence)
    comparison = compare_methods(task, name, fresh=fresh)
    own = comparison
    if scores is not None:
        comparison = vendor.with_scores(comparison, scores)
    path = comparison.save()
    told = {**comparison.problem.facts, "positive": outcome_word(comparison.problem)}
    for line in windows_in_words(told):
        typer.echo(line)
    show(comparison)
    for line in alike_in_words(comparison.problem.facts):
        typer.echo(line)
    for sentence in _of_time(comparison):
        typer.echo(sentence)
    reused = sum(r.reused for r in comparison.runs)
    typer.echo(f"{reused} runs reused. Scores: {store.show(path)}")
    lists = actions.write(own)
    typer.echo(f"Lists of whom to treat, or why there is none: {store.show(lists)}")


@verbs.command()
def act(
    task: TaskName,
    name: ProblemName,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="A day, such as 2024-10-01. Default: the last of the data.")
    ] = None,
    campaign: Annotated[
        str | None,
        typer.Option(help="Its hold-out stays the same; another name draws another. Default: the list's."),
    ] = None,
    emails: Annotated[
        Path | None,
        typer.Option(help="A CSV of customer and email, for the files of mailing tools and audiences."),
    ] = None,
) -> None:
    """List whom to treat today: everyone known at the end of a day, by the method that the comparison chose.

    The method is fitted again on all that is known by then. Nothing of it is scored, as nobody knows yet what
    becomes of these customers; how good the method is was judged on windows that are over.
    """
    from crmlab import actions
    from crmlab.comparison.compare import compare as compare_methods
    from crmlab.comparison.progress import reporter
    from crmlab.problems.as_of import refuse_later, refuse_undated
    from crmlab.problems.files import load
    from crmlab.problems.on_demand import make_ready

    known = actions.read_emails(emails) if emails else {}
    make_ready(task, name)
    spec = load(task, name).spec
    refuse_undated(task, name, spec)
    refuse_later(spec["dataset"], as_of)
    judged = compare_methods(task, name)
    told = reporter(f"{task}/{name} as of {as_of or 'the last day'}")
    today = actions.as_of(judged, as_of, campaign=campaign, progress=told)
    folder, made = actions.write_as_of(today, judged, known)
    facts, fold, first = today.problem.facts, today.problem.last_fold(), today.runs[0]
    windows = sorted(f["cutoff"] for f in judged.problem.facts["folds"])
    learned = "learning from no outcomes"
    if len(fold.train_rows):
        learned = f"fitted on {len(fold.train_rows):,} rows whose outcome is known by then"
    typer.echo(
        f"As of the end of {facts['as_of']}: {len(fold.test_rows):,} customers, by {first.label}, {learned}. "
        f"Judged on what came after {', '.join(windows)}: {judged.verdict.sentences[0]}"
    )
    for remark in [*actions.remarks(today, judged), *_of_time(today)]:
        typer.echo(remark)
    for name_of, listing in made.items():
        if isinstance(listing, str):
            typer.echo(f"No list '{name_of}': {listing}")
            continue
        print_table(listing.head(10).reset_index())
        for sentence in listing.sentences:
            typer.echo(sentence)
    mailed = sorted(p.name for p in folder.glob("*_audience_sha256.csv"))
    if not mailed:
        typer.echo("No list has e-mail addresses: --emails FILE (customer, email) makes files to import.")
    typer.echo(f"Everybody with both dates, method and run: {store.show(folder)}")


def _of_time(comparison: Any) -> list[str]:
    """Return what is to be known of drift, horizon and season; nothing where it cannot be asked."""
    from crmlab.errors import CrmlabError
    from crmlab.findings.trust import alarm, return_curve, season

    said: list[str] = []
    for finding in (alarm, return_curve, season):
        with contextlib.suppress(CrmlabError):
            said += finding.find(comparison).sentences
    return said


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
