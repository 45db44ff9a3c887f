"""params.yaml, read and checked whole before anything runs."""

from crmlab.params.loading import load
from crmlab.params.values import Entry, Params, Task

__all__ = ["Entry", "Params", "Task", "load"]
