"""From a run in the store to its model."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from core.catalog import DataSpec
from core.datasets.base import Data, Split
from core.errors import UserError
from core.experiment import Experiment
from core.inside.load import load
from core.tracking import read, store, write
from core.training.setup import build_model

EXPERIMENT = Experiment.make("classification", "mlp", "digits", model={"width": 4, "depth": 1})
SPEC = DataSpec(kind="images", shape=(1, 28, 28), classes=tuple("0123456789"), mean=(0.1,), std=(0.3,),
                sizes={"train": 1, "validation": 1, "test": 1})


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GLASSBOX_HOME", str(tmp_path_factory.mktemp("home")))
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        yield


@pytest.fixture
def running(tmp_path):
    """A run that is training: weights of steps 0 and 30, all 0 and all 1."""
    run_id = write.create_run(EXPERIMENT)
    store.client().update_run(run_id, status="RUNNING")
    log = write.RunLog(run_id, tmp_path / "log.txt", lambda: False, lambda: None)
    split = Split(torch.zeros(1, 1, 28, 28, dtype=torch.uint8), torch.zeros(1, dtype=torch.int64))
    log.data("digits", Data(SPEC, split, split, split, "nowhere"))
    model = build_model(EXPERIMENT, SPEC)
    for step, value in ((0, 0.0), (30, 1.0)):
        log.weights({name: torch.full_like(tensor, value) for name, tensor in model.state_dict().items()}, step)
    log.close()
    return run_id


def file_of(run_id: str, step: int) -> Path:
    folder = Path(store.client().get_run(run_id).info.artifact_uri.removeprefix("file://"))
    return folder / "checkpoints" / f"step-{step:09d}.safetensors"


def test_a_running_run_gives_its_newest_checkpoint_with_the_data_spec_it_was_trained_on(running):
    loaded = load(running)
    assert loaded.step == 30
    assert all(bool((parameter == 1).all()) for parameter in loaded.model.parameters())
    assert loaded.spec.mean == (0.1,)
    assert loaded.experiment == EXPERIMENT
    assert not loaded.model.training
    assert loaded.task.model is loaded.model


def test_an_older_checkpoint_can_be_asked_for(running):
    loaded = load(running, step=0)
    assert loaded.step == 0
    assert all(bool((parameter == 0).all()) for parameter in loaded.model.parameters())


def test_a_torn_newest_checkpoint_gives_way_to_the_one_before_it(running):
    torn = file_of(running, 30)
    torn.write_bytes(torn.read_bytes()[:100])
    assert load(running).step == 0
    with pytest.raises(UserError, match="damaged"):
        load(running, step=30)


def test_a_vanished_checkpoint_is_said(running):
    with pytest.raises(UserError, match="no checkpoint of step 12"):
        load(running, step=12)


def test_a_run_without_a_checkpoint_says_whether_to_wait():
    run_id = write.create_run(EXPERIMENT)
    with pytest.raises(UserError, match=r"waiting\. Look again"):
        load(run_id)
    write.finish(run_id, "FAILED", "It fell.")
    assert read.run(run_id).state == "FAILED"
    with pytest.raises(UserError, match="pick another run"):
        load(run_id)


def test_a_vanished_run_is_said(running):
    store.client().delete_run(running)
    for run_id in (running, "0" * 32):
        with pytest.raises(UserError, match="deleted"):
            load(run_id)


def test_weights_of_another_version_are_said(running):
    save_file({"layers.1.weight": torch.zeros(3, 3)}, file_of(running, 30))
    with pytest.raises(UserError, match="another version"):
        load(running)
