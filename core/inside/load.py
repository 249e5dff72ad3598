"""From a run to its model as it stood at a checkpoint: on the CPU, in evaluation mode, ready to be looked into."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from torch import nn

from core.catalog import DataSpec
from core.errors import UserError
from core.experiment import Experiment
from core.tasks.base import Task
from core.tracking import read
from core.training.setup import build_model, build_task


@dataclass(frozen=True, eq=False)
class Loaded:
    """A model with all that made it; `step` is its checkpoint's.

    `lock` is held by whoever looks inside: hooks and explanations live in the model, and several sessions share it.
    """

    run: read.Run
    experiment: Experiment
    spec: DataSpec
    model: nn.Module
    task: Task
    step: int
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)


def load(run_id: str, step: int | None = None) -> Loaded:
    """The model of a run at a checkpoint; without `step` the newest that is whole, so that a running run can be asked.

    Raises `UserError` where the run or the checkpoint vanished, where there is none yet, and where the weights
    belong to another version of the architecture.
    """
    run = read.run(run_id)
    experiment = run.experiment
    steps = read.checkpoints(run_id)
    if not steps:
        raise UserError(_none_yet(run))
    if step is not None and step not in steps:
        raise UserError(f"{run.name} has no checkpoint of step {step} (any more): pick another.")
    spec = read.spec(run_id)
    for candidate in reversed(steps) if step is None else [step]:
        try:
            weights = read.weights(run_id, candidate)
            break
        except UserError as error:  # the newest may be half written: the one before it is whole
            fault = error
    else:
        raise fault
    model = build_model(experiment, spec)
    try:
        model.load_state_dict(weights)
    except RuntimeError as error:
        raise UserError(
            f"{run.name} was trained by another version of its architecture, so its weights fit no more: train it again."
        ) from error
    model.eval().requires_grad_(False)
    return Loaded(run, experiment, spec, model, build_task(experiment, spec, model), candidate)


def _none_yet(run: read.Run) -> str:
    if run.state in read.ENDED:
        return f"{run.name} ended before it kept a checkpoint: pick another run."
    return f"{run.name} has kept no checkpoint yet: it is {run.phase or 'starting'}. Look again in a moment."
