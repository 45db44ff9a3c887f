"""A shopping assistant in MLflow: registered with all it needs, and answered by MLflow's scoring protocol."""

from __future__ import annotations

import contextlib
import io
import tempfile
from pathlib import Path

from crmlab import registry
from crmlab.explain import saved_assistant
from crmlab.explain.shop_assistant import ShopAssistant
from crmlab.tracking import server
from crmlab.tracking.models import CHAMPION, pins


def register(assistant: ShopAssistant, shop: str) -> str:
    """Log and register an assistant as `cross_sell.<shop>.assistant`; return its address.

    The registered file names customers, as the purchases do.
    """
    mlflow = server.connect()
    from mlflow.models import ModelSignature
    from mlflow.types.schema import ColSpec, Schema

    name = f"cross_sell.{shop}.assistant"
    asked = [ColSpec("string", column, required=False) for column in saved_assistant.ASKED]
    given = Schema([*asked, ColSpec("long", "count", required=False)])
    types = {"row": "long", "rank": "long", "offered": "string", "score": "double", "reason": "string"}
    answer = Schema([ColSpec(kind, column) for column, kind in types.items()])
    client = mlflow.MlflowClient()
    place = server.experiment(client, "cross_sell")
    started = mlflow.start_run(experiment_id=place, run_name=f"assistant of {shop}")
    with tempfile.TemporaryDirectory() as folder, started:
        saved = saved_assistant.save(assistant, Path(folder) / "assistant")
        info = mlflow.pyfunc.log_model(
            name="assistant",
            python_model=str(registry.PACKAGE / "tracking" / "served_assistant.py"),
            artifacts={"assistant": str(saved)},
            code_paths=[str(registry.PACKAGE)],
            signature=ModelSignature(given, answer),
            pip_requirements=pins(),
        )
    with contextlib.redirect_stderr(io.StringIO()):  # mlflow greets each new version
        version = mlflow.register_model(info.model_uri, name).version
    client.set_registered_model_alias(name, CHAMPION, version)
    return f"{name}@{CHAMPION}"
