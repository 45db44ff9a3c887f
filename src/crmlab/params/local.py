"""params.local.yaml: how questions are posed of own data, in a file that git ignores.

myshop:
  churn: {horizon_days: 180, test_cutoffs: ["2024-07-01"]}
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from crmlab import registry, store
from crmlab.errors import UsageError, did_you_mean
from crmlab.history.windows import midnight
from crmlab.params.faults import Faults
from crmlab.params.loading import _content
from crmlab.params.protocols import PROTOCOLS, Protocol

LOCAL: Final = "params.local.yaml"

FURTHER: Final = {"protocol": str, "features": list}
"""What may be set beside the settings of a protocol."""

DAYS: Final = ("train_cutoffs", "test_cutoffs")


def path() -> Path:
    """Return where the file lies, whether it is there or not."""
    return store.project() / LOCAL


def settings(dataset: str, task: str) -> dict[str, Any]:
    """Return what the file says of a question of a data set, nothing where it says nothing.

    Raises UsageError where it is not a mapping of data sets to questions to settings.
    """
    if not path().is_file():
        return {}
    content, lines = _content(path())
    faults = Faults()
    tasks = registry.names("tasks")
    for shop, asked in content.items():
        if faults.check(str(shop), asked, dict.fromkeys(tasks, dict), needed=set()):
            for name, given in asked.items():
                _check_setting_names(faults, f"{shop}.{name}", given)
    faults.raise_if_any(path(), lines)
    return dict(content.get(dataset, {}).get(task, {}))


def _check_setting_names(faults: Faults, where: str, given: Mapping[str, Any]) -> None:
    """Note settings that no protocol has, and values of another type."""
    known = {name: kind for p in PROTOCOLS.values() for name, kind in p.settings.items()}
    if faults.check(where, given, known | FURTHER, needed=set()):
        faults.names(f"{where}.protocol", [given.get("protocol", "rolling")], list(PROTOCOLS))
        faults.names(f"{where}.features", given.get("features"), registry.names("features"))
        for name in DAYS:
            for day in given.get(name, []):
                faults.try_to(f"{where}.{name}", midnight, day)


def check(dataset: str, task: str, said: Mapping[str, Any], protocol: Protocol) -> None:
    """Raise UsageError for a setting that the protocol of a question does not have."""
    for name in said:
        if name not in (*protocol.settings, *FURTHER):
            near = did_you_mean(name, protocol.settings)
            raise UsageError(
                f"{LOCAL}: {dataset}.{task}.{name} is no setting of the protocol '{protocol.name}'.{near}"
            )
    for name in sorted(protocol.needed & {"train_share", "folds", "fewest_baskets"}):
        if "protocol" in said and name not in said:
            raise UsageError(f"{LOCAL}: {dataset}.{task} by '{protocol.name}' needs {name}")
