"""The model that MLflow serves: one class for every kind, so that each answers like in its run.

MLflow reads this file as the model's code; the fitted model and its facts lie beside it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mlflow
import pandas as pd

from crmlab.serving import model_file


class CustomerModel(mlflow.pyfunc.PythonModel):
    """Answers new customers: rows with the problem's columns in, the kind's answer out."""

    def load_context(self, context: Any) -> None:
        """Read the fitted model, checked against its SHA-256 and the allowed types."""
        files = context.artifacts
        self.model, self.facts = model_file.load(Path(files["model"]), Path(files["facts"]))

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict | None = None) -> pd.DataFrame:
        """Return the answer, one row per row of the input."""
        return model_file.answer(self.model, model_input, self.facts)


mlflow.models.set_model(CustomerModel())
