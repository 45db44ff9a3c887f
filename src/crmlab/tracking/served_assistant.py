"""The shopping assistant that MLflow serves: requests in, lists out.

MLflow reads this file as the model's code; the saved assistant lies beside it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mlflow
import pandas as pd

from crmlab.explain import saved_assistant


class AssistantModel(mlflow.pyfunc.PythonModel):
    """Answers requests of customers, baskets and products with lists: long, one row per place of a list."""

    def load_context(self, context: Any) -> None:
        """Read the assistant, checked against its SHA-256 and the allowed types."""
        self.assistant = saved_assistant.load(Path(context.artifacts["assistant"]))

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict | None = None) -> pd.DataFrame:
        """Return `row, rank, offered, score, reason` (see crmlab.explain.saved_assistant.answered)."""
        return saved_assistant.answered(self.assistant, model_input)


mlflow.models.set_model(AssistantModel())
