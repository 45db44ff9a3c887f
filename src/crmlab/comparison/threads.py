"""The environment of processes that compute: one thread each, and the same last digits everywhere."""

import os
import platform
from typing import Final

_COMMON: Final = {
    # one BLAS kernel everywhere: others differ in the last digits
    "OPENBLAS_CORETYPE": "Haswell",
    # numpy's logarithms and powers end in other digits where they use AVX-512
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",
}

SAME_DIGITS: Final = _COMMON if platform.machine().lower() in ("x86_64", "amd64") else {}
"""The arithmetic that every x86-64 processor of the last ten years has. (The Makefile says the same.)"""

ONE_THREAD: Final = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    **SAME_DIGITS,
}


def same_digits_everywhere() -> None:
    """Choose the common arithmetic for this process, before numpy is imported, and for those it starts."""
    for name, value in SAME_DIGITS.items():
        os.environ.setdefault(name, value)
