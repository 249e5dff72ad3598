"""What a run writes, read back with MLflow's own client, as anyone's tool would."""

from __future__ import annotations

import io
import json
from importlib import metadata
from pathlib import Path

import mlflow.artifacts
import mlflow.pytorch
import numpy as np
import pytest
import torch
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from PIL import Image
from safetensors.torch import load_file
from torch import nn

from core import catalog
from core.datasets.base import Data
from core.experiment import Experiment
from core.tasks.base import Preview
from core.tracking import read, store, write

pytestmark = pytest.mark.usefixtures("ready_store")


@pytest.fixture
def experiment() -> Experiment:
    return Experiment.make("classification", "mlp", "digits", seed=3)


@pytest.fixture
def run_id(experiment: Experiment, ready_store) -> str:
    made = write.create_run(experiment)
    store.client().update_run(made, status="RUNNING")
    return made


@pytest.fixture
def log(run_id: str, home: Path) -> write.RunLog:
    return write.RunLog(run_id, home / "worker.log", lambda: False, lambda: None)


@pytest.fixture
def anyone() -> MlflowClient:
    """Somebody else's client of the same store."""
    return MlflowClient(tracking_uri=store.tracking_uri())


def digits() -> Data:
    dataset = catalog.get("dataset", "digits")
    return dataset(dataset.Settings()).load()


def test_a_queued_run_is_a_scheduled_mlflow_run_with_every_setting_as_a_param(experiment, anyone) -> None:
    run = anyone.get_run(write.create_run(experiment))
    assert run.info.status == "SCHEDULED"
    assert run.info.run_name == "Multilayer perceptron on Digits, seed 3"
    assert run.data.params == {name: str(value) for name, value in experiment.leaves().items()}
    assert Experiment.from_json(run.data.tags["glassbox.experiment"]) == experiment


def test_metrics_arrive_by_step_and_beyond_the_limit_of_one_batch(log, run_id, anyone) -> None:
    points = 3 * write.MOST_METRICS // 2
    for step in range(1, points + 1):
        log.metrics({"train/loss": 1 / step}, step)
    log.close()
    history = anyone.get_metric_history(run_id, "train/loss")
    assert [point.step for point in history] == list(range(1, points + 1))
    assert [point.value for point in history] == [1 / step for step in range(1, points + 1)]


def test_logging_never_waits_for_the_store(log, monkeypatch) -> None:
    """The store's client is only ever called on the log's own thread."""
    import threading

    callers = set()
    original = log.client.log_batch

    def watched(*arguments, **keywords):
        callers.add(threading.current_thread().name)
        return original(*arguments, **keywords)

    monkeypatch.setattr(log.client, "log_batch", watched)
    log.metrics({"train/loss": 1.0}, 1)
    log.phase("training")
    log.close()
    assert callers == {"run-log"}


def test_a_store_that_is_away_for_a_while_loses_nothing(log, run_id, anyone, monkeypatch) -> None:
    original, refused = log.client.log_batch, []

    def away(*arguments, **keywords):
        if len(refused) < 4:
            refused.append(1)
            raise MlflowException("connection refused")
        return original(*arguments, **keywords)

    monkeypatch.setattr(log.client, "log_batch", away)
    for step in range(1, 6):
        log.metrics({"train/loss": float(step)}, step)
    log.preview(Preview("digits", Image.new("RGB", (8, 8), "red"), None), 5)
    log.close()
    assert len(refused) == 4
    assert [point.value for point in anyone.get_metric_history(run_id, "train/loss")] == [1, 2, 3, 4, 5]
    assert [file.step for file in read.previews(run_id)["digits"]] == [5]


def test_a_store_that_stays_away_is_said_at_the_end(log, monkeypatch) -> None:
    def away(*_, **__):
        raise MlflowException("connection refused")

    monkeypatch.setattr(write, "GIVE_UP_SECONDS", -1.0)
    monkeypatch.setattr(log.client, "log_batch", away)
    log.metrics({"train/loss": 1.0}, 1)
    with pytest.raises(OSError, match="out of reach"):
        log.close()


def test_previews_are_images_with_steps_and_the_values_that_they_show(log, run_id, anyone) -> None:
    pixels = np.arange(64, dtype=np.uint8).reshape(8, 8)
    for step in (0, 40):
        log.preview(Preview("worst_mistakes", Image.fromarray(pixels + step), {"guessed": [step]}), step)
    log.close()
    files = read.previews(run_id)["worst_mistakes"]
    assert [file.step for file in files] == [0, 40]
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(read.preview_image(run_id, files[1]))).convert("L")), pixels + 40)
    assert read.preview_data(run_id, "worst_mistakes", 40) == {"guessed": [40]}
    assert any(entry.path.startswith("images/worst_mistakes") for entry in anyone.list_artifacts(run_id, "images"))


def test_weights_are_safetensors_and_the_newest_whole_state_is_what_a_run_goes_on_from(log, run_id, anyone) -> None:
    model = nn.Linear(3, 2)
    log.weights(model.state_dict(), 7)
    for step in (10, 20):
        log.checkpoint({"model": model.state_dict(), "step": step}, step)
        while log._uploads:
            log._thread.join(0.05)
    log.close()
    path = anyone.download_artifacts(run_id, "checkpoints/step-000000007.safetensors")
    assert torch.equal(load_file(path)["weight"], model.weight)
    assert read.checkpoints(run_id) == [7]
    assert read.resume_state(run_id)["step"] == 20


def test_a_state_torn_by_a_kill_falls_back_to_the_one_before(log, run_id, anyone) -> None:
    for step in (10, 20):
        log.checkpoint({"step": step}, step)
        while log._uploads:
            log._thread.join(0.05)
    log.close()
    newest = Path(anyone.get_run(run_id).info.artifact_uri.removeprefix("file://")) / "checkpoints" / "resume-1.pt"
    assert torch.load(newest, weights_only=True)["step"] == 20
    newest.write_bytes(newest.read_bytes()[:100])
    assert read.resume_state(run_id)["step"] == 10


def test_a_state_that_holds_code_is_not_loaded(log, run_id, anyone, tmp_path) -> None:
    class Evil:
        def __reduce__(self):
            return Path.touch, (tmp_path / "ran",)

    log.close()
    torch.save({"step": 5, "evil": Evil()}, tmp_path / "resume-0.pt")
    anyone.log_artifact(run_id, str(tmp_path / "resume-0.pt"), "checkpoints")
    assert read.resume_state(run_id) is None
    assert not (tmp_path / "ran").exists()


def test_the_data_set_is_an_input_of_the_run_with_its_digest(log, run_id, anyone) -> None:
    data = digits()
    log.data("digits", data)
    log.close()
    used, = anyone.get_run(run_id).inputs.dataset_inputs
    assert (used.dataset.name, used.dataset.digest) == ("digits", data.digest)
    assert json.loads(used.dataset.profile) == data.spec.sizes
    assert read.spec(run_id) == data.spec
    assert read.run(run_id).source == data.source


def test_system_metrics_the_environment_and_the_log_are_kept(log, run_id, anyone) -> None:
    log.log_file.write_text("hello from the worker\n")
    log.environment(torch.device("cpu"))
    log.close()
    run = anyone.get_run(run_id)
    assert run.data.metrics["system/process_memory_megabytes"] > 50
    assert 0 <= run.data.metrics["system/cpu_utilization_percentage"] <= 100
    assert read.log_tail(run_id) == "hello from the worker"
    packages = Path(anyone.download_artifacts(run_id, "environment/requirements.txt")).read_text()
    assert f"torch=={metadata.version('torch')}" in packages.splitlines()


def test_the_final_model_loads_with_mlflow_alone_and_answers_the_same(log, run_id) -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(16, 3)).eval()
    log.close()
    write.log_model(run_id, model, torch.rand(2, 1, 4, 4))
    inputs = torch.rand(5, 1, 4, 4)
    loaded = mlflow.pytorch.load_model(f"runs:/{run_id}/model")
    assert torch.allclose(loaded(inputs), model(inputs))
    folder = Path(mlflow.artifacts.download_artifacts(f"runs:/{run_id}/model"))
    assert not [file for file in folder.rglob("*") if file.suffix in (".pkl", ".pickle", ".pth")]


def test_an_end_has_a_state_and_a_cause(log, run_id, anyone) -> None:
    log.phase("training")
    log.close()
    write.finish(run_id, "FAILED", "The disk was full.")
    run = anyone.get_run(run_id)
    assert run.info.status == "FAILED"
    assert run.info.end_time
    assert (run.data.tags["glassbox.cause"], run.data.tags["glassbox.phase"]) == ("The disk was full.", "")


def test_whoever_sees_a_preview_s_picture_finds_its_data(log, run_id, monkeypatch) -> None:
    found = []
    monkeypatch.setattr(log.client, "log_image", lambda *_, **__: found.append(read.preview_data(run_id, "confusion", 7)))
    log.preview(Preview("confusion", np.zeros((8, 8), np.uint8), {"counts": [[1]]}), 7)
    log.close()
    assert found == [{"counts": [[1]]}]
