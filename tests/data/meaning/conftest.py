"""A project of its own for every test."""

import pytest


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    """Stand in a new project."""
    (tmp_path / "params.yaml").write_text("seed: 1\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    return tmp_path
