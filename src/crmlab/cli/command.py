"""The crmlab command: the verbs that dvc.yaml and people call."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Annotated

import typer

import crmlab
from crmlab import store
from crmlab.cli import applying, checking, comparing, data, listing, offering, sending, tracking
from crmlab.comparison.threads import same_digits_everywhere
from crmlab.errors import FAILURE, USAGE, CrmlabError

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
for group in (data, listing, comparing, applying, offering, sending, checking, tracking):
    app.add_typer(group.verbs)


def _say_version(asked: bool) -> None:
    """Print the version and end."""
    if asked:
        typer.echo(f"crmlab {crmlab.__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_say_version, is_eager=True, help="Show the version, end."),
    ] = False,
) -> None:
    """Take the options that come before a verb."""


def run() -> int:
    """Run the command; return its exit code. An error in the caller's words is said without a traceback."""
    same_digits_everywhere()
    try:
        # typer returns the code of an Exit, and None or a verb's value (no verb has one) at its end
        return app(standalone_mode=False) or 0
    except CrmlabError as error:
        typer.echo(f"crmlab: {error}", err=True)
        return error.exit_code
    except typer.Abort:
        typer.echo("crmlab: stopped at a question", err=True)
        return FAILURE
    except OSError as error:
        typer.echo(f"crmlab: {_about_the_disk(error)}", err=True)
        return FAILURE
    except Exception as error:
        # usage errors of the command line itself show their own message
        if hasattr(error, "show") and hasattr(error, "exit_code"):
            error.show()
            return USAGE
        raise


REMEDIES = {
    errno.EACCES: "give yourself the right to write there",
    errno.EPERM: "give yourself the right to write there",
    errno.EROFS: "work in a copy on a disk that can be written",
    errno.ENOSPC: "make room on the disk",
    errno.EDQUOT: "make room in your quota",
    errno.ENOTDIR: "a file stands where a folder should be: move it away",
    errno.EEXIST: "a file stands where a folder should be: move it away",
    errno.EISDIR: "a folder stands where a file should be: move it away",
    errno.ENOENT: "it is not there, or was removed while this ran: look, and run the command again",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.EMFILE: "close other programs, or raise the limit of open files",
}
"""What to do about what the system refused, by its number."""


def _about_the_disk(error: OSError) -> str:
    """Return in one sentence what the system refused, at which file, and what to do."""
    where = " and ".join(store.show(Path(str(f))) for f in (error.filename, error.filename2) if f)
    said = " ".join(str(error.strerror or error or type(error).__name__).split())
    remedy = REMEDIES.get(error.errno or 0, "see to it and run the command again")
    return f"{where}: {said}; {remedy}" if where else f"{said}; {remedy}"
