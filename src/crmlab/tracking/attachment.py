"""An executed notebook beside its runs: papermill has to end before it can be attached."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from crmlab.pipeline.notebook import pictures
from crmlab.tracking import server


def attach_notebook(score_key: str, task: str, notebook: Path) -> str:
    """Attach an executed notebook and its pictures to the parent run of a comparison; say what was done.

    A local store keeps artefacts as files, so they are put there without importing mlflow.
    """
    with tempfile.TemporaryDirectory() as folder:
        _lay_out(notebook, Path(folder))
        places = server.artifact_folders(score_key)
        if places is not None:
            for place in places:
                shutil.copytree(folder, place, dirs_exist_ok=True)
            return "the notebook is attached" if places else "no run to attach the notebook to"
        try:
            client = server.connect().MlflowClient()
            experiment = server.experiment(client, task)
            found = server.find(client, experiment, server.PARENT_KEY, score_key)
            parents = [r for r in found if r.data.tags.get("crmlab.level") == "comparison"]
            for parent in parents:
                client.log_artifacts(parent.info.run_id, folder)
        except Exception as error:
            if not server.is_unreachable(error):
                raise
            return f"the notebook is not in MLflow ({server.first_line(error)}): run `crmlab sync` later"
    return "the notebook is attached" if parents else "no run to attach the notebook to"


def _lay_out(notebook: Path, folder: Path) -> None:
    """Put an executed notebook, and its pictures as PNG, into a folder as a run's artefacts."""
    (folder / "notebook").mkdir()
    (folder / "figures").mkdir()
    shutil.copyfile(notebook, folder / "notebook" / notebook.name)
    for name, png in pictures(notebook).items():
        (folder / "figures" / f"{name}.png").write_bytes(png)
