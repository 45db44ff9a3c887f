"""Seeds by name: every random stream is derived from one seed and the words that say its use."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def seed_of(seed: int, *words: object) -> int:
    """Return a 32-bit seed that depends on `seed` and on every word, and on nothing else."""
    text = "\x1f".join([str(seed), *map(str, words)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "little")


def generator(seed: int, *words: object) -> np.random.Generator:
    """Return a numpy generator for the stream named by `words` (PCG64, stable across platforms)."""
    import numpy as np

    return np.random.Generator(np.random.PCG64(seed_of(seed, *words)))
