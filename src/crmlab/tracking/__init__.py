"""MLflow, the window on the record: the only package that imports it.

Everything logged is found in the files first; logging is idempotent by key, so MLflow can be
rebuilt from an empty database, and a server that is down costs seconds, never results.
"""

from crmlab.tracking.models import apply
from crmlab.tracking.pages import links, serve
from crmlab.tracking.record import attach_notebook, log_model, track
from crmlab.tracking.server import initialise, logged

__all__ = ["apply", "attach_notebook", "initialise", "links", "log_model", "logged", "serve", "track"]
