"""Models to look into: untrained ones, since what is looked at holds for any weights."""

import dataclasses
from collections.abc import Callable

import pytest
import torch
from torch import nn

from core import catalog
from core.catalog import DataSpec
from core.experiment import Experiment
from core.inside.load import Loaded
from core.tracking.read import Run
from core.training.setup import build_model, build_task


@pytest.fixture
def untrained() -> Callable[..., Loaded]:
    """`untrained(task, architecture, dataset, **sections)`: the model as a run starts with it, the data not read."""

    def build(task: str, architecture: str, dataset: str, vocabulary: tuple[str, ...] = (), **sections: dict) -> Loaded:
        torch.manual_seed(0)
        experiment = Experiment.make(task, architecture, dataset, **sections)
        spec: DataSpec = catalog.get("dataset", dataset)(experiment.data).spec()
        if vocabulary:
            spec = spec.model_copy(update={"vocabulary": vocabulary, "vocabulary_size": len(vocabulary)})
        model = build_model(experiment, spec).eval().requires_grad_(False)
        run = Run("0" * 32, architecture, "RUNNING", {}, {}, {}, 0.0, None)
        return Loaded(run, experiment, spec, model, build_task(experiment, spec, model), 0)

    return build


@pytest.fixture
def with_model(untrained) -> Callable[[nn.Module], Loaded]:
    """`with_model(model)`: a classifier of digits whose model is this one."""

    def build(model: nn.Module) -> Loaded:
        loaded = untrained("classification", "lenet", "digits")
        model.eval().requires_grad_(False)
        return dataclasses.replace(loaded, model=model, task=build_task(loaded.experiment, loaded.spec, model))

    return build


@pytest.fixture
def digit() -> torch.Tensor:
    """A picture of noise, in the size of the digits."""
    return torch.randint(0, 256, (1, 1, 28, 28), generator=torch.Generator().manual_seed(1)).to(torch.uint8)
