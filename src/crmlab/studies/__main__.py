"""Run studies, all or those named, and write experiments/studies/<name>.json."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

from crmlab import store, studies
from crmlab.comparison.threads import ONE_THREAD
from crmlab.errors import CrmlabError


def main(wanted: list[str]) -> None:
    """Run studies on two processes; what is written does not depend on how many there are."""
    chosen = {name: studies.study(name) for name in wanted or studies.names()}
    os.environ.update(ONE_THREAD)
    # spawned, not forked: a process reads the number of its threads when it starts
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        for name, module in chosen.items():
            outcomes = list(pool.map(partial(studies.world, name), range(module.WORLDS), chunksize=5))
            kept = studies.record(name, outcomes)
            store.write_json(store.study_file(name), kept)
            for found in kept["claims"].values():
                print(
                    f"{name}: {found['claim']['text']}: {found['events']:g} of {found['worlds']} "
                    f"({found['observed_rate']:.1%}, interval {found['lower']:.1%} to {found['upper']:.1%}): "
                    f"claimed {found['claim']['side']} {found['claim']['rate']:.0%}, "
                    + ("holds" if found["holds"] else "does not hold")
                )


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except CrmlabError as error:
        print(f"crmlab: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
