"""The one loop. It knows steps, epochs and moments; nothing of losses, pictures, stores or pages."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from core.architectures.base import Architecture
from core.datasets.base import Data
from core.errors import UserError
from core.experiment import Experiment
from core.tasks.base import Preview, Task, chosen

POINTS = 500  # most points that a step metric leaves: beyond, each point is the mean over an equal number of steps


class Listener(Protocol):
    """The named moments of a run. None of these may block: the loop does not wait."""

    def started(self, total_steps: int, step: int) -> None: ...  # `step`: where a resumed run goes on from, else 0
    def stepped(self, step: int) -> None: ...  # after every step: cheap (a heartbeat)
    def metrics(self, values: dict[str, float], step: int) -> None: ...
    def preview(self, preview: Preview, step: int) -> None: ...
    def weights(self, state: dict[str, Tensor], step: int) -> None: ...  # CPU copies, to look inside
    def checkpoint(self, state: dict, step: int) -> None: ...  # all that a resumed run needs
    def wants_stop(self) -> bool: ...


@dataclass(frozen=True)
class Outcome:
    """How the loop ended: at which step of how many. Fewer without a `note` means that it was stopped; the note is a
    sentence on whose weights the model has, where early stopping chose them; `model_step` is the step that they are of."""

    step: int
    total: int
    note: str = ""
    model_step: int = 0

    @property
    def stopped(self) -> bool:
        return self.step < self.total and not self.note


CHECKPOINT_SECONDS = 20.0  # a killed worker loses at most so much


def fit(
    experiment: Experiment, data: Data, model: Architecture, task: Task, listener: Listener, resume: dict | None = None,
    start: dict[str, Tensor] | None = None,
) -> Outcome:
    """Trains `model` on its device until the last epoch, a stop, or the end of its patience (early stopping: Prechelt 1998,
    "Early stopping, but when?"), which leaves it with the weights of its best epoch.

    Arguments: `data` on the CPU; `task` made for `model`; `resume`, a state that `Listener.checkpoint` was given;
    `start`, weights of the model's names and shapes, which it starts from in place of its own.
    A resumed run takes the same steps with the same random numbers as one that was never interrupted.
    Raises `UserError` when the loss is no longer a number.
    """
    device = task.device
    train, validation = task.reads(data.train.to(device)), data.validation.to(device)
    on_device = Data(data.spec, train, validation, data.test, data.source)
    size = task.examples
    per_epoch = math.ceil(len(train) / size)
    total = per_epoch * experiment.training.epochs
    interval = max(1, math.ceil(total / POINTS))
    shown_at = _spread(total, experiment.training.previews)
    patience = experiment.training.patience * per_epoch
    best: dict | None = None  # with patience: the task's measure, the step and the weights of the best epoch so far
    sums: dict[str, Tensor] = {}
    said: dict[str, int] = {}  # steps of this interval that gave the measure
    step = counted = 0

    task.start(total)
    if resume:
        model.load_state_dict(resume["model"])
        task.load_state_dict(resume["task"])
        step, counted, best = resume["step"], resume["counted"], resume.get("best")
        sums = {name: value.to(device) for name, value in resume["sums"].items()}
        said = resume.get("said", dict.fromkeys(sums, counted))  # older runs gave every measure at every step
        set_random_state(resume["random"])
    else:
        with undisturbed_random_state():
            model.prepare(lambda count: task.model_input(train.take(chosen(train, count), device)))
        model.load_state_dict(start or {}, strict=False)
    listener.started(total, step)

    def state() -> dict:
        return {
            "model": model.state_dict(), "task": task.state_dict(), "random": random_state(),
            "step": step, "counted": counted, "sums": sums, "said": said, "best": best,
        }

    def show() -> None:
        model.eval()
        with undisturbed_random_state():
            for preview in task.previews(on_device):
                listener.preview(preview, step)
        listener.weights(_copied(model), step)
        model.train()

    def indices(done: int) -> Iterator[Tensor]:
        for epoch in range(done // per_epoch, experiment.training.epochs):
            order = shuffled(len(train), experiment.seed, epoch)
            yield from train.grouped(order, size)[max(0, done - epoch * per_epoch) :]

    if step == 0:
        show()
    model.train()
    speed = Speed()
    saved = time.monotonic()
    with closing(train.stream(indices(step), device)) as batches:
        while step < total and not (best and step - best["step"] >= patience):
            measures = task.step(next(batches))
            step, counted = step + 1, counted + 1
            for name, value in measures.items():
                sums[name] = sums[name] + value if name in sums else value
                said[name] = said.get(name, 0) + 1
            listener.stepped(step)
            if counted == interval or step == total:
                # The only place that waits for the device: once an interval, not once a step.
                values = {f"train/{name}": (value / said[name]).item() for name, value in sums.items()}
                _check_numbers(values, step)
                speed.count(counted * size)
                values |= {"train/samples_per_second": speed.value, "train/epoch": step / per_epoch}
                listener.metrics(values, step)
                sums, said, counted = {}, {}, 0
            if step % per_epoch == 0:
                speed.pause()
                model.eval()
                with undisturbed_random_state():
                    measured = {f"validation/{name}": value for name, value in task.evaluate(validation).items()}
                model.train()
                listener.metrics(measured, step)
                if patience and _better(measured[task.measure], best, task.more_is_better):
                    best = {"value": measured[task.measure], "step": step, "weights": _copied(model)}
                speed.go_on()
            if step in shown_at:
                speed.pause()
                show()
                speed.go_on()
            stop = listener.wants_stop()
            if stop or time.monotonic() - saved > CHECKPOINT_SECONDS:
                listener.checkpoint(state(), step)
                saved = time.monotonic()
            if stop and step < total:
                return Outcome(step, total)
    model.eval()
    listener.checkpoint(state(), step)
    note = ""
    if best:
        model.load_state_dict(best["weights"])
        listener.weights(best["weights"], best["step"])
        waited = f"Ended early, after {experiment.training.patience} epochs that were no better. " if step < total else ""
        note = f"{waited}The model is that of step {best['step']:,}, whose {task.measure} of {best['value']:.4g} was best."
    listener.metrics({f"test/{name}": value for name, value in task.evaluate(data.test.to(device)).items()}, step)
    for preview in task.report(on_device):
        listener.preview(preview, step)
    return Outcome(step, total, note, best["step"] if best else step)


class Speed:
    """Samples a second over the last second or more of training; evaluation and pictures are not counted."""

    def __init__(self) -> None:
        self.value, self._samples, self._seconds, self._clock = 0.0, 0, 0.0, time.monotonic()

    def count(self, samples: int) -> None:
        self.pause()
        self.go_on()
        self._samples += samples
        if self._seconds > 1 or not self.value:
            self.value = self._samples / max(self._seconds, 1e-9)
            self._samples, self._seconds = 0, 0.0

    def pause(self) -> None:
        """Stops the clock; `go_on` starts it again."""
        self._seconds += time.monotonic() - self._clock

    def go_on(self) -> None:
        self._clock = time.monotonic()


def shuffled(count: int, seed: int, epoch: int) -> Tensor:
    """A random order of `count` examples, int64 on the CPU, that depends on seed and epoch alone."""
    return torch.randperm(count, generator=torch.Generator().manual_seed(seed * 10_007 + epoch))


def random_state() -> dict:
    """The state of every random number generator that a run uses, as tensors and plain values."""
    state = {"torch": torch.get_rng_state(), "numpy": _numpy_state()}
    if torch.cuda.is_available():
        state["cuda"] = torch.cuda.get_rng_state()
    if torch.backends.mps.is_available():
        state["mps"] = torch.mps.get_rng_state()
    return state


def set_random_state(state: dict) -> None:
    """Puts back what `random_state` gave."""
    torch.set_rng_state(state["torch"].cpu())
    kind, keys, position, has_gauss, gauss = state["numpy"]
    np.random.set_state((kind, np.asarray(keys, np.uint32), position, has_gauss, gauss))
    if "cuda" in state and torch.cuda.is_available():
        torch.cuda.set_rng_state(state["cuda"].cpu())
    if "mps" in state and torch.backends.mps.is_available():
        torch.mps.set_rng_state(state["mps"].cpu())


class undisturbed_random_state:
    """Within it random numbers are drawn apart, so that looking at a run never changes it."""

    def __enter__(self) -> None:
        self.state = random_state()

    def __exit__(self, *_: object) -> None:
        set_random_state(self.state)


def _numpy_state() -> list:
    kind, keys, position, has_gauss, gauss = np.random.get_state()
    return [kind, keys.tolist(), position, has_gauss, gauss]


def _spread(total: int, count: int) -> set[int]:
    """Steps at which to show the run: dense at the start, where it changes most, and always the last."""
    shares = np.linspace(0, 1, count + 1)[1:] ** 1.5
    return {max(1, round(share * total)) for share in shares}


def _copied(model: torch.nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().cpu().clone() for name, value in model.state_dict().items()}


def _better(value: float, best: dict | None, more_is_better: bool) -> bool:
    return best is None or (value > best["value"] if more_is_better else value < best["value"])


def _check_numbers(values: dict[str, float], step: int) -> None:
    for name, value in values.items():
        if not math.isfinite(value):
            raise UserError(f"{name} is no longer a number at step {step}: try a lower learning rate or gradient clipping.")
