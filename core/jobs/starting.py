"""Starting from another run's weights: from which step, with which settings, and whether they fit."""

from __future__ import annotations

import torch

from core import catalog
from core.architectures.base import Architecture, Fitted
from core.catalog import DataSpec
from core.errors import UserError
from core.experiment import Experiment
from core.tracking import read
from core.training.setup import build_model
from core.training.start import Start, start


def inherited(names: dict[str, str], given: dict) -> dict:
    """What `Experiment.make` is given, with the settings of the model that it starts from, and those of its data set where
    that is the same, wherever a person chose none.

    Raises `UserError` where there is no such run or it is no run of this architecture.
    """
    if not given.get("start_from"):
        return given
    old = _parent(given["start_from"].partition("@")[0], names["architecture"]).experiment
    same = {"model": old.model} | ({"data": old.data} if old.dataset == names["dataset"] else {})
    return given | {section: settings.model_dump() | given.get(section, {}) for section, settings in same.items()}


def pinned(experiment: Experiment) -> Experiment:
    """The experiment with the step that it starts from: its run's model at the end, or, where that is not known, the newest
    checkpoint. Only so is it one value, whatever becomes of that run.

    Raises `UserError` where the run is gone, has kept no such weights, or they don't fit.
    """
    run_id, step = experiment.parent
    if not run_id:
        return experiment
    run = _parent(run_id, experiment.architecture)
    steps = read.checkpoints(run_id)
    if not steps:
        raise UserError(f"{run.name} has kept no checkpoint to start from: pick another run.")
    if step is None:
        step = run.model_step if run.model_step in steps else steps[-1]
    elif step not in steps:
        raise UserError(f"{run.name} has no checkpoint of step {step} (any more): take one of "
                        f"{', '.join(map(str, steps))}.")
    experiment = experiment.model_copy(update={"start_from": f"{run_id}@{step}"})
    # The data are read by the worker: until then their vocabulary is not known, and not checked.
    spec = catalog.get("dataset", experiment.dataset)(experiment.data).spec()
    with torch.random.fork_rng(devices=()):
        begin(experiment, build_model(experiment, spec), spec)
    return experiment


def begin(experiment: Experiment, model: Architecture, spec: DataSpec) -> Start:
    """What the model takes over. Raises `UserError` as `pinned` does."""
    run_id, step = experiment.parent
    run = read.run(run_id)
    return start(model, spec, read.weights(run_id, step), read.spec(run_id), f"{run.name} ({run_id[:6]})")


def _parent(run_id: str, architecture: str) -> read.Run:
    run, cls = read.run(run_id), catalog.get("architecture", architecture)
    if run.params["architecture"] != architecture:
        raise UserError(f"{run.name} is no {cls.card.title}: a run starts from one of the same architecture.")
    if issubclass(cls, Fitted):
        raise UserError(f"{cls.card.title} is fitted to its own data at once: there is nothing to start from.")
    return run
