"""A project of its own for every test."""

import pytest


@pytest.fixture(autouse=True)
def project(project):
    """Stand in a new project."""
    return project
