"""What proportional hazards share: relative hazards on one baseline."""

from __future__ import annotations

import numpy as np

from crmlab.maths import cox, survival


class OnOneBaseline:
    """Curves exp(−baseline · relative hazard): `times_` and `baseline_`, (k,) each, by Breslow."""

    def set_baseline(self, log_relative: np.ndarray, duration: np.ndarray, event: np.ndarray) -> None:
        """Estimate the cumulative hazard of a row whose log relative hazard is 0."""
        self.times_, self.baseline_ = cox.baseline(log_relative, duration, event)

    def curves(self, log_relative: np.ndarray, times: np.ndarray) -> np.ndarray:
        """Return the curves of rows with log relative hazards (n,) at times (m,), (n, m)."""
        hazard = survival.step(self.times_, self.baseline_, times, before=0.0)
        return np.exp(-np.exp(log_relative)[:, None] * hazard)
