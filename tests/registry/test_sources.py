"""A digest follows the code behind an entry, and of a file nothing but its code."""

from __future__ import annotations

import re
from textwrap import dedent

import pytest

from crmlab import registry
from crmlab.registry import sources


# --- what counts as code ------------------------------------------------------------------------
def code(text: str) -> str:
    return sources.code_of(dedent(text).lstrip("\n"))


PLAIN = """
import math
import ledger as ledger, order as placed


class Basket:
    size: int = 3

    def total(self, prices):
        def rounded(value):
            return round(value, 2)
        return rounded(sum(prices))
"""
DESCRIBED = '''
"""What a basket costs."""

from __future__ import annotations

import math

from crmlab.history import order as placed, ledger  # a comment


class Basket:
    """A basket.

    It is described at length.
    """

    size: int = 3  # lines
    """Lines of a basket."""


    # a comment of its own
    def total(self, prices):
        """Return the sum."""

        def rounded(value):
            """Return cents."""
            return round(value, 2)

        return rounded(sum(prices))
'''


def test_comments_docstrings_blank_lines_and_import_paths_are_dropped():
    assert code(DESCRIBED) == code(PLAIN)
    assert code(DESCRIBED.replace("crmlab.history", "crmlab.data.tables")) == code(PLAIN)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("round(value, 2)", "round(value, 3)"),
        ("size: int = 3", "size: int = 4"),
        ("class Basket", "class Cart"),
        ("import math", "import cmath"),
        ("order as placed", "order as given"),
        ("order as placed", "orders as placed"),
        ("        return rounded(sum(prices))", "    return rounded(sum(prices))"),
    ],
)
def test_nothing_else_is(before, after):
    assert before in DESCRIBED
    assert code(DESCRIBED.replace(before, after)) != code(DESCRIBED)


@pytest.mark.parametrize(
    "text",
    [
        'mark = "# is kept"',
        "mark = '''one\n# two, not a comment\nthree'''",
        'words = "a value that could be a docstring"',
        'say("a value that could be a docstring")',
        'def said():\n    return """a value"""',
        'known = {"""a key""": 1}',
        "from elsewhere.crmlab import order",
        "from crmlabs import order",
    ],
)
def test_a_string_that_is_a_value_and_an_import_from_elsewhere_stay(text):
    assert code(text) == text


@pytest.mark.parametrize("other", ["select 1\n# 2\n", "select 1\n\n\n# 1\n", "select 1  \n\n# 1\n"])
def test_a_text_of_several_lines_keeps_what_stands_in_it(other):
    assert code(f'query = """{other}"""') == f'query = """{other}"""'
    assert code(f'query = """{other}"""') != code('query = """select 1\n\n# 1\n"""')


def test_bodies_on_one_line():
    assert code('def nothing(): "Do nothing."') == code('def nothing(): "Do not do anything."')
    assert code('def two(): "Say two."; return 2') != code('def two(): "Say two."; return 3')
    assert code("def two(): return 2  # two") == "def two(): return 2"
    imports = "from crmlab.maths import cox; from crmlab.maths import lift; use('ä', cox); use(lift)"
    assert code(imports) == "import cox as cox; import lift as lift; use('ä', cox); use(lift)"


def test_an_import_over_several_lines_is_one():
    several = "from crmlab.maths import (\n    encoding,  # of categories\n    ranking,\n)\nuse(ranking)"
    assert code(several) == code("from crmlab.metrics import ranking, encoding\nuse(ranking)")
    assert code(several) != code("from crmlab.maths import ranking\nuse(ranking)")


@pytest.mark.parametrize("module", ["crmlab.registry.sources", "crmlab.maths.cox", "crmlab.features.rhythm"])
def test_what_is_left_of_a_module_has_no_description(module):
    left = code(registry.PACKAGE.joinpath(*module.split(".")[1:]).with_suffix(".py").read_text())
    assert left
    assert '"""' not in left
    assert "\n\n" not in left


# --- which files are followed -------------------------------------------------------------------
def files_behind(name: str, **options: bool) -> set[str]:
    """Return the package-relative source files behind a method."""
    files = registry.source_files("crmlab.methods." + name.replace("/", "."), **options)
    return {f.relative_to(registry.PACKAGE).as_posix() for f in files}


def test_imports_are_followed_transitively():
    assert files_behind("clustering/ward") == {
        "methods/clustering/ward.py",
        "methods/clustering/_segmenter.py",
        "methods/clustering/_choice.py",
        "maths/convergence.py",
        "maths/structure.py",
        "maths/encoding.py",
        "declare/method.py",
        "declare/parameters.py",
        "errors.py",
        "seeds.py",
    }
    assert files_behind("classification/prevalence") == {
        "methods/classification/prevalence.py",
        "declare/method.py",
    }


@pytest.mark.parametrize("name", registry.names("methods"))
def test_no_key_follows_the_ground(name):
    ground = ("errors.py", "vocabulary.py", "declare/parameters.py", "registry/", "store/")
    followed = files_behind(name, ground=False)
    assert f"methods/{name}.py" in followed
    assert not [f for f in followed if f.startswith(ground)]
    assert set(registry.code_digests("crmlab.methods." + name.replace("/", "."))) == followed


# --- in a copy of the package -------------------------------------------------------------------
DIGESTS = """
import json
from crmlab import registry
names = registry.names("methods")
print(json.dumps({n: registry.source_digest("crmlab.methods." + n.replace("/", ".")) for n in names}))
"""


@pytest.fixture(scope="module")
def package(copy_package):
    """A copy of the package in which each test puts back what it edits."""
    return copy_package()


@pytest.fixture(scope="module")
def before(package):
    """The digest of every method, before any edit."""
    return package.ask(DIGESTS)


@pytest.fixture
def edit(package):
    """Return a function that edits a file of the package; it is put back after the test."""
    kept = {}

    def edited(path: str, change) -> None:
        file = package.source / path
        kept.setdefault(file, file.read_bytes())
        file.write_text(change(file.read_text()))

    yield edited
    for file, content in kept.items():
        file.write_bytes(content)


def changed(before, after) -> set[str]:
    return {name for name in before if before[name] != after[name]}


@pytest.mark.parametrize(
    "edited", ["maths/encoding.py", "methods/clustering/_segmenter.py", "methods/classification/logit.py"]
)
def test_an_edit_changes_the_digests_of_exactly_who_imports_it(package, before, edit, edited):
    edit(edited, lambda text: f"{text}\nA_WORD = 1\n")
    found = changed(before, package.ask(DIGESTS))
    assert found == {name for name in before if edited in files_behind(name, ground=False)}
    assert 0 < len(found) < len(before)


def test_comments_and_docstrings_change_no_digest(package, before, edit):
    for path in ("maths/encoding.py", "methods/classification/logit.py", "seeds.py"):
        edit(path, lambda text: re.sub('"""(?=[A-Z])', '"""Now: ', f"# a comment\n\n{text}\n# another\n"))
        assert '"""Now: ' in (package.source / path).read_text()
    assert changed(before, package.ask(DIGESTS)) == set()


def test_the_ground_changes_no_digest(package, before, edit):
    for path in ("errors.py", "vocabulary.py", "registry/entries.py", "store/project.py"):
        edit(path, lambda text: f"{text}\nA_WORD = 1\n")
    assert changed(before, package.ask(DIGESTS)) == set()


def test_what_only_a_type_checker_reads_is_not_followed(package, before, edit):
    looking = "\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from crmlab.maths import cox\n"
    edit("methods/classification/logit.py", lambda text: text + looking)
    once = package.ask(DIGESTS)
    edit("maths/cox.py", lambda text: f"{text}\nA_WORD = 1\n")
    assert "classification/logit" not in changed(once, package.ask(DIGESTS))
    # the check above can fail: what runs is followed
    edit("methods/classification/logit.py", lambda text: text.replace("if TYPE_CHECKING:", "if True:"))
    assert "maths/cox.py" in package.ask(
        "import json\nfrom crmlab import registry\n"
        'print(json.dumps(sorted(registry.code_digests("crmlab.methods.classification.logit"))))'
    )


def test_a_module_that_moves_keeps_every_digest(package, before, edit):
    """maths/encoding.py moves to maths/columns/; whoever imports it imports it from there."""
    old, new = package.source / "maths/encoding.py", package.source / "maths/columns"
    importing = [f for f in package.source.rglob("*.py") if "encoding" in f.read_text()]
    for file in importing:
        edit(file.relative_to(package.source).as_posix(), moved)
    new.mkdir()
    (new / "__init__.py").write_text('"""Columns."""\n')
    old.rename(new / "encoding.py")
    try:
        assert changed(before, package.ask(DIGESTS)) == set()
    finally:
        (new / "encoding.py").rename(old)
        (new / "__init__.py").unlink()
        new.rmdir()


def moved(text: str) -> str:
    """Return a file that imports encoding from its new place."""
    text = text.replace("crmlab.maths.encoding", "crmlab.maths.columns.encoding")
    return text.replace("from crmlab.maths import encoding", "from crmlab.maths.columns import encoding")


def test_two_files_that_change_places_change_the_digests(package, before, edit):
    logit, tree = (package.source / f"methods/classification/{n}.py" for n in ("logit", "tree"))
    one, other = logit.read_text(), tree.read_text()
    edit("methods/classification/logit.py", lambda text: other)
    edit("methods/classification/tree.py", lambda text: one)
    found = package.ask(DIGESTS)
    assert {"classification/logit", "classification/tree"} <= changed(before, found)


# --- a live kernel ------------------------------------------------------------------------------
LIVE = """
import json, os
from crmlab import registry
from crmlab.errors import UsageError
module, file = "crmlab.methods.classification.logit", registry.PACKAGE / "{edited}"
{before}
file.write_text(file.read_text() + "\\nA_WORD = 1\\n")
try:
    print(json.dumps(registry.source_digest(module)))
except UsageError as error:
    print(json.dumps(f"refused: {{error}}"))
"""


@pytest.mark.parametrize("edited", ["methods/classification/logit.py", "maths/encoding.py"])
def test_a_file_that_was_changed_after_its_import_is_refused(package, edit, edited):
    edit(edited, lambda text: text)
    said = package.ask(LIVE.format(edited=edited, before="__import__(module)"))
    assert said.startswith(f"refused: src/crmlab/{edited} was changed".replace("src/", "source/"))
    assert said.endswith("restart the kernel")


def test_a_file_that_was_not_imported_yet_is_not_refused(package, before, edit):
    edit("methods/classification/logit.py", lambda text: text)
    found = package.ask(LIVE.format(edited="methods/classification/logit.py", before=""))
    assert len(found) == 64
    assert found != before["classification/logit"]
    # a digest that was asked for before the import does not make it stale
    asked = "registry.source_digest(module)"
    again = package.ask(LIVE.format(edited="methods/classification/logit.py", before=asked))
    assert len(again) == 64


def test_a_file_outside_the_key_may_change(package, before, edit):
    edit("errors.py", lambda text: text)
    assert (
        package.ask(LIVE.format(edited="errors.py", before="__import__(module)"))
        == (before["classification/logit"])
    )
