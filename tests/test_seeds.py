"""Seeds by name."""

from __future__ import annotations

import numpy as np
import pytest

from crmlab.seeds import generator, seed_of


def test_a_seed_depends_on_every_word():
    seeds = {seed_of(1), seed_of(2), seed_of(1, "a"), seed_of(1, "b"), seed_of(1, "a", 0), seed_of(1, 0, "a")}
    assert len(seeds) == 6
    assert all(0 <= seed < 2**32 for seed in seeds)


def test_words_do_not_run_into_each_other():
    assert seed_of(1, "ab", "c") != seed_of(1, "a", "bc")
    assert seed_of(11, "a") != seed_of(1, "1", "a")


def test_seeds_are_the_same_everywhere():
    # written down from the definition: the first 4 bytes of SHA-256 of "1\x1ffold\x1f2", little-endian
    import hashlib

    assert seed_of(1, "fold", 2) == int.from_bytes(hashlib.sha256(b"1\x1ffold\x1f2").digest()[:4], "little")


def test_a_generator_is_its_own_stream():
    one, same, other = generator(1, "a"), generator(1, "a"), generator(1, "b")
    drawn = one.random(5)
    assert drawn == pytest.approx(same.random(5), abs=0)
    assert not np.allclose(drawn, other.random(5))
