"""The environment of processes that compute: one thread each, and the same last digits everywhere."""

ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    # one BLAS kernel everywhere: others differ in the last digits
    "OPENBLAS_CORETYPE": "Haswell",
}
