"""The folder is the registry: methods, metrics, data sets, features and tasks found by path.

`methods/classification/logit.py` *is* the method `classification/logit`. Listing reads file
names and never imports; a file is imported when it is used, so a missing optional library hides
one entry and says so. No list in code names an entry.
"""

from crmlab.registry.entries import FOLDERS, PACKAGE, find, module, names
from crmlab.registry.metrics import INNER, metric, metric_file, metric_name, prices, wants_inner
from crmlab.registry.signatures import declaration, defaults, method_parameters
from crmlab.registry.sources import code_digests, source_digest, source_files

__all__ = [
    "FOLDERS",
    "INNER",
    "PACKAGE",
    "code_digests",
    "declaration",
    "defaults",
    "find",
    "method_parameters",
    "metric",
    "metric_file",
    "metric_name",
    "module",
    "names",
    "prices",
    "source_digest",
    "source_files",
    "wants_inner",
]
