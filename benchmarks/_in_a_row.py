"""The CPU seconds of something done again and again; needs no package, so any environment can run it."""

import time


def in_a_row(done, at_least):
    """Return the CPU seconds of each time, for at_least seconds together and three times."""
    seconds = []
    while len(seconds) < 3 or sum(seconds) < at_least:
        began = time.process_time()
        done()
        seconds.append(time.process_time() - began)
    return seconds
