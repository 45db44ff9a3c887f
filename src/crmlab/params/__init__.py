"""params.yaml, read and checked whole before anything runs."""

from crmlab.params.lists import Lists, Response
from crmlab.params.loading import load, load_lists
from crmlab.params.values import Entry, Params, Task

__all__ = ["Entry", "Lists", "Params", "Response", "Task", "load", "load_lists"]
