"""What a launch would cost: parameters, shapes layer by layer, memory and arithmetic, found by one step on a batch of two.

The step runs on torch's fake tensors, which have shapes and no content: it takes no memory and next to no time. Recurrent
layers alone, of which fake tensors would take each step by itself in Python, are given a real one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import DataDependentOutputException, DynamicOutputShapeException, FakeTensorMode
from torch.utils.flop_counter import FlopCounterMode

from core import catalog
from core.architectures.base import Architecture
from core.catalog import END, DataSpec
from core.datasets.base import DTYPES, Batch
from core.experiment import Experiment
from core.training.setup import build_model, build_task

EXAMPLES = 2  # fewest that batch normalisation takes


@dataclass(frozen=True)
class Layer:
    """One layer in the order of the forward pass. `shape` and `taken`: of its output and its input for one example;
    `parameters`: its own."""

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int
    taken: tuple[int, ...]


@dataclass(frozen=True)
class Summary:
    """What a run would cost. Memory in bytes, for a batch of the experiment's size.

    `activations` is all that the step keeps for its backward passes, for as many examples as go through the model at once;
    `flops` counts multiplications and additions of one training step (forward and backward, or a rule of its own and one
    answer) on one example.
    """

    parameters: int
    layers: tuple[Layer, ...]
    weights: int
    gradients: int
    optimiser: int
    activations: int
    flops: int
    steps: int

    @property
    def memory(self) -> int:
        """Bytes in all."""
        return self.weights + self.gradients + self.optimiser + self.activations


def summarise(experiment: Experiment) -> Summary:
    """What `experiment` would cost, without reading its data."""
    spec = catalog.get("dataset", experiment.dataset)(experiment.data).spec()
    # Some network looks at numbers while it is built, some task in its step: then that has to be done for real.
    for mode, emptied in ((FakeTensorMode(), False), (FakeTensorMode(allow_non_fake_inputs=True), True)):
        try:
            return _measure(experiment, spec, mode, emptied)
        except (DataDependentOutputException, DynamicOutputShapeException):
            continue
        except _StepByStep:
            break
    return _measure(experiment, spec, nullcontext())


class _StepByStep(Exception):
    """Fake tensors would take far longer than real ones."""


def _measure(
    experiment: Experiment, spec: DataSpec, mode: FakeTensorMode | nullcontext, emptied: bool = False
) -> Summary:
    """`emptied`: the model is built for real, and its numbers are forgotten before the step."""
    at_once = math.ceil(experiment.training.batch_size / experiment.training.accumulate)
    # What is counted is the model's own arithmetic, on a batch that is not cut further.
    plain = {"compile": False, "channels_last": False, "accumulate": 1, "precision": "float32"}
    experiment = experiment.model_copy(update={"training": experiment.training.model_copy(update=plain)})
    with torch.random.fork_rng(devices=()):
        with nullcontext() if emptied else mode:
            model = build_model(experiment, spec)
        if isinstance(mode, FakeTensorMode) and any(isinstance(module, nn.RNNBase) for module in model.modules()):
            raise _StepByStep
        with _open_kernels(model):
            return _step(experiment, spec, at_once, mode, _emptied(model, mode) if emptied else model)


@contextmanager
def _open_kernels(model: Architecture) -> Iterator[None]:
    """Without oneDNN where there is an LSTM: that is one kernel there, which hides its products and what it keeps."""
    onednn = torch.backends.mkldnn
    before = onednn.enabled
    onednn.enabled = before and not any(isinstance(module, nn.LSTM) for module in model.modules())
    try:
        yield
    finally:
        onednn.enabled = before


def _step(
    experiment: Experiment, spec: DataSpec, at_once: int, mode: FakeTensorMode | nullcontext, model: Architecture
) -> Summary:
    layers: dict[str, Layer] = {}
    kept: dict[int, Tensor] = {}  # by storage: what backward passes wait for; held, so that no address comes twice

    def keep(tensor: Tensor) -> Tensor:
        kept.setdefault(tensor.untyped_storage()._cdata, tensor)
        return tensor

    with mode:
        for name, module in model.named_modules():
            if _is_layer(module):
                module.register_forward_hook(_noting(layers, name))
        task = build_task(experiment, spec, model)
        steps = math.ceil(spec.sizes["train"] / task.examples) * experiment.training.epochs
        task.start(steps)
        model.train()
        counter = FlopCounterMode(display=False)
        with counter, torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            task.step(_batch(spec))
            if not layers:  # a rule of its own, that need not answer to learn: what one answer takes is measured too
                with torch.no_grad():
                    model(task.model_input(_batch(spec)))
        weights = {tensor.untyped_storage()._cdata for tensor in (*model.parameters(), *model.buffers())}
        activations = sum(tensor.untyped_storage().nbytes() for key, tensor in kept.items() if key not in weights)
        return Summary(
            parameters=sum(parameter.numel() for parameter in model.parameters()),
            layers=tuple(layers.values()),
            weights=sum(_bytes(tensor) for tensor in (*model.parameters(), *model.buffers())),
            gradients=sum(_bytes(parameter) for parameter in model.parameters() if parameter.requires_grad),
            optimiser=sum(_bytes(tensor) for tensor in _tensors(task.state_dict())),
            activations=activations * at_once // EXAMPLES,
            flops=counter.get_total_flops() // EXAMPLES,
            steps=steps,
        )


def _emptied(model: Architecture, mode: FakeTensorMode) -> Architecture:
    """The model with fake tensors in place of its own."""
    for module in model.modules():
        for held in (module._parameters, module._buffers):
            held |= {name: mode.from_tensor(tensor) for name, tensor in held.items() if tensor is not None}
    return model


def _batch(spec: DataSpec) -> Batch:
    inputs = torch.zeros((EXAMPLES, *spec.shape), dtype=DTYPES[spec.kind])  # (2, *one example's)
    if spec.kind == "text" or spec.paired:
        return Batch(inputs, inputs)  # at every place the next one; the clean picture
    if spec.kind == "series":
        return Batch(inputs, torch.zeros(EXAMPLES))
    if spec.kind == "games":
        return Batch(inputs, torch.zeros(EXAMPLES, 4))
    if spec.kind == "questions":
        inputs[:, 2] = END  # a question of two tokens, and the rest is the passage
        return Batch(inputs, torch.full((EXAMPLES, spec.target_length, 2), 3))
    if spec.captions:
        return Batch(inputs, torch.full((EXAMPLES, spec.captions, spec.target_length), END))
    if spec.target_length:
        return Batch(inputs, torch.ones((EXAMPLES, spec.target_length), dtype=torch.int64))
    return Batch(inputs, torch.zeros(EXAMPLES, dtype=torch.int64) if spec.classes else None)


def _is_layer(module: nn.Module) -> bool:
    return not any(True for _ in module.children()) or any(True for _ in module.parameters(recurse=False))


def _noting(layers: dict[str, Layer], name: str):
    def note(module: nn.Module, inputs: tuple, output: Tensor | tuple) -> None:
        output = output[0] if isinstance(output, tuple) else output
        own = sum(parameter.numel() for parameter in module.parameters(recurse=False))
        taken = tuple(inputs[0].shape[1:])
        layers.setdefault(name, Layer(name, type(module).__name__, tuple(output.shape[1:]), own, taken))

    return note


def _bytes(tensor: Tensor) -> int:
    return tensor.numel() * tensor.element_size()


def _tensors(state: object) -> Iterator[Tensor]:
    """All tensors in nested dicts and lists."""
    if isinstance(state, Tensor):
        yield state
    elif isinstance(state, dict):
        for value in state.values():
            yield from _tensors(value)
    elif isinstance(state, (list, tuple)):
        for value in state:
            yield from _tensors(value)
