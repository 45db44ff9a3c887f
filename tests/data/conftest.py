"""A new project, in which the tests of the door stand."""

import pytest


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Stand in a new project; return its folder."""
    (tmp_path / "params.yaml").write_text("seed: 1\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    return tmp_path
