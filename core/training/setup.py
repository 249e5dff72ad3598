"""From an experiment to a model and task on a device: seeds, device choice, and what a launch would cost."""

from __future__ import annotations

import random

import numpy as np
import torch
from torch import nn

from core import catalog
from core.architectures.base import Architecture
from core.catalog import DataSpec
from core.errors import UserError
from core.experiment import Experiment, Training
from core.tasks.base import Task


def pick_device(training: Training) -> torch.device:
    """The device that the settings ask for. Raises `UserError` where this process has none of that kind."""
    present = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if training.device == "auto":
        return torch.device(next(kind for kind, here in present.items() if here))
    if not present[training.device]:
        raise UserError(f"There is no {training.device} device here: set training.device to auto or cpu.")
    return torch.device(training.device)


def seed_everything(seed: int, deterministic: bool) -> None:
    """Starts all random numbers; with `deterministic` only repeatable GPU algorithms are used."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(deterministic, warn_only=True)
    torch.backends.cudnn.benchmark = not deterministic


def build_model(experiment: Experiment, spec: DataSpec) -> Architecture:
    """The untrained model, on the CPU. The same seed gives the same weights."""
    asked = catalog.get("task", experiment.task).model_spec(spec, experiment.objective)
    return catalog.get("architecture", experiment.architecture)(experiment.model, asked)


def build_task(experiment: Experiment, spec: DataSpec, model: nn.Module) -> Task:
    """The task for a model that is already on its device."""
    return catalog.get("task", experiment.task)(experiment.objective, experiment.training, spec, model)
