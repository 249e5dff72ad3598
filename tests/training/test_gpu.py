"""The CUDA path: device, bfloat16, streaming, memory, exact stop and resume. Skipped, saying so, where there is no GPU."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import torch
from torch import Tensor

from core import catalog
from core.datasets.base import Split, Streamed
from core.experiment import Experiment
from core.jobs import queue
from core.jobs.devices import devices, slots
from core.tasks.base import Preview
from core.tracking import read
from core.training.loop import fit
from core.training.setup import build_model, build_task, pick_device, seed_everything

pytestmark = [pytest.mark.gpu, pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here")]


class Recorder:
    """A listener that keeps what it is told, and asks for a stop at a step."""

    def __init__(self, stop_at: int | None = None):
        self.stop_at, self.step, self.seen, self.state = stop_at, 0, {}, None

    def started(self, total_steps: int, step: int) -> None: ...

    def stepped(self, step: int) -> None:
        self.step = step

    def metrics(self, values: dict[str, float], step: int) -> None:
        self.seen |= values

    def preview(self, preview: Preview, step: int) -> None: ...

    def weights(self, state: dict[str, Tensor], step: int) -> None: ...

    def checkpoint(self, state: dict, step: int) -> None:
        held = io.BytesIO()
        torch.save(state, held)
        held.seek(0)
        self.state = torch.load(held, map_location="cpu", weights_only=True)

    def wants_stop(self) -> bool:
        return self.step == self.stop_at


def experiment(**training) -> Experiment:
    return Experiment.make("classification", "lenet", "digits",
                           training={"epochs": 3, "deterministic": True, "previews": 2, **training})


def trained(value: Experiment, recorder: Recorder, resume: dict | None = None) -> dict[str, float]:
    data = catalog.get("dataset", value.dataset)(value.data).load()
    seed_everything(value.seed, value.training.deterministic)
    model = build_model(value, data.spec).to(pick_device(value.training))
    fit(value, data, model, build_task(value, data.spec, model), recorder, resume)
    return {name: number for name, number in recorder.seen.items() if "second" not in name}


def test_auto_takes_the_gpu_and_bfloat16() -> None:
    value = experiment()
    assert pick_device(value.training).type == "cuda"
    spec = catalog.get("dataset", "digits")(value.data).spec()
    model = build_model(value, spec).cuda()
    with build_task(value, spec, model).autocast():
        assert model(torch.zeros(2, 1, 28, 28, device="cuda")).dtype == torch.bfloat16


def test_a_stopped_and_resumed_run_ends_exactly_like_an_uninterrupted_one() -> None:
    whole = trained(experiment(), Recorder())
    first = Recorder(stop_at=70)
    trained(experiment(), first)
    assert trained(experiment(), Recorder(), first.state) == whole


def test_data_larger_than_half_the_free_memory_streams(monkeypatch) -> None:
    split = Split(torch.zeros(64, 1, 28, 28, dtype=torch.uint8), torch.arange(64))
    device = torch.device("cuda", torch.cuda.current_device())
    assert split.to(device).inputs.device == device
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (1000, 1000))
    streamed = split.to(device)
    assert streamed.inputs.device.type == "cpu"
    (batch,) = streamed.stream([torch.tensor([3, 5])], device)
    assert batch.inputs.device == device and batch.targets.tolist() == [3, 5]


def test_streamed_batches_are_whole_whatever_the_device_does_meanwhile() -> None:
    device = torch.device("cuda", torch.cuda.current_device())
    inputs = torch.randint(0, 256, (4096, 3, 64, 64), dtype=torch.uint8)
    indices = torch.randperm(4096).split(256)
    busy, sums = torch.randn(2048, 2048, device=device), []
    for batch in Streamed(inputs).stream(indices, device):
        busy = (busy @ busy).tanh()
        sums.append(batch.inputs.long().sum((1, 2, 3)))
    assert torch.equal(torch.cat(sums).cpu(), inputs[torch.cat(indices)].long().sum((1, 2, 3)))


def test_float16_scales_its_losses_and_resumes_exactly() -> None:
    whole = trained(experiment(precision="float16"), Recorder())
    first = Recorder(stop_at=70)
    trained(experiment(precision="float16"), first)
    assert first.state["task"]["scaler"]["scale"] > 1
    assert trained(experiment(precision="float16"), Recorder(), first.state) == whole


@pytest.mark.parametrize("settings", [{"channels_last": True}, {"compile": True}], ids=str)
def test_faster_layouts_and_programs_learn_as_well_and_keep_the_names_of_the_weights(settings: dict) -> None:
    plain, fast = Recorder(), Recorder()
    usual, other = trained(experiment(), plain), trained(experiment(**settings), fast)
    assert fast.state["model"].keys() == plain.state["model"].keys()
    assert other["test/accuracy"] == pytest.approx(usual["test/accuracy"], abs=0.03)


def test_streamed_and_resident_data_train_alike(monkeypatch) -> None:
    resident = trained(experiment(), Recorder())
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (1000, 1000))
    assert trained(experiment(), Recorder()) == resident


def test_every_gpu_is_a_device_and_a_slot() -> None:
    assert sum(device.kind == "cuda" for device in devices()) == torch.cuda.device_count()
    assert slots()[0].kind == "cuda"


def test_a_run_on_the_gpu_logs_its_own_device_and_peak_memory(home: Path, until) -> None:
    run = until(queue.submit(experiment())[0], lambda run: run.state in read.ENDED)
    assert run.state == "FINISHED"
    assert run.device == torch.cuda.get_device_name()
    assert run.metrics["system/gpu_peak_memory_megabytes"] > 0
    assert 0 <= run.metrics["system/gpu_utilization_percentage"] <= 100

