"""What a launch would cost, against counts by hand and against a real step."""

import math
from contextlib import nullcontext

import pytest
import torch
from torch._subclasses.fake_tensor import DataDependentOutputException, FakeTensorMode

from core import catalog
from core.architectures.base import OwnRule
from core.experiment import Experiment
from core.training import summary
from core.training.setup import build_model


def test_lenet_at_width_one_has_the_papers_layers():
    # C1 6 maps of 28×28, S2 14×14, C3 16 of 10×10, S4 5×5, C5 120, F6 84 (LeCun et al. 1998, figure 2). C3 is dense here.
    found = summary.summarise(Experiment.make("classification", "lenet", "digits", model={"width": 1}))
    shapes = [layer.shape for layer in found.layers if layer.kind in ("Conv2d", "MaxPool2d", "Linear")]
    assert shapes == [(6, 28, 28), (6, 14, 14), (16, 10, 10), (16, 5, 5), (120,), (84,), (10,)]
    assert found.layers[0].taken == (1, 28, 28)
    assert found.parameters == (25 + 1) * 6 + (25 * 6 + 1) * 16 + (400 + 1) * 120 + (120 + 1) * 84 + (84 + 1) * 10


def test_memory_of_a_perceptron_follows_from_its_sizes():
    found = summary.summarise(Experiment.make("classification", "mlp", "digits", training={"batch_size": 100}))
    weights = 4 * found.parameters
    assert (found.weights, found.gradients) == (weights, weights)
    assert weights * 2 <= found.optimiser <= weights * 2 + 100  # Adam keeps two moments, and a step count each
    twice = summary.summarise(Experiment.make("classification", "mlp", "digits", training={"batch_size": 200}))
    assert twice.activations == 2 * found.activations


def test_arithmetic_of_a_perceptron_is_six_per_weight_less_the_inputs_gradient():
    found = summary.summarise(Experiment.make("classification", "mlp", "digits"))
    first, rest = 784 * 256, 256 * 256 + 256 * 10
    assert found.flops == 4 * first + 6 * rest  # 2 forward, 2 for the weights' and 2 for the inputs' gradients


def test_steps_are_epochs_times_batches_rounded_up():
    experiment = Experiment.make("classification", "mlp", "digits", training={"batch_size": 300, "epochs": 2})
    assert summary.summarise(experiment).steps == 2 * 14


def shape(dataset: str) -> tuple[int, ...]:
    cls = catalog.get("dataset", dataset)
    return cls(cls.Settings()).spec().shape


def fitting() -> list[tuple[str, str, str]]:
    """For every task and architecture one data set of each shape that fits."""
    found = {
        (task, architecture, shape(dataset)): (task, architecture, dataset)
        for task in catalog.entries("task") for architecture in catalog.entries("architecture")
        for dataset in catalog.entries("dataset") if catalog.misfit(task, architecture, dataset) is None
    }
    return list(found.values())


@pytest.mark.parametrize(("task", "architecture", "dataset"), fitting())
def test_a_step_on_all_data_that_fit_can_be_measured(task: str, architecture: str, dataset: str):
    found = summary.summarise(Experiment.make(task, architecture, dataset))
    assert found.layers and found.flops > 0
    by_gradient = not issubclass(catalog.get("architecture", architecture), OwnRule)
    assert (found.activations > 0) == by_gradient  # kept for the backward pass, and only for it


def smallest() -> list[tuple[str, str, str]]:
    """For every task and architecture the fitting data set with the smallest examples: deep networks take long on others."""
    def size(names: tuple[str, str, str]) -> int:
        return math.prod(shape(names[2]))

    return [names for _, names in sorted({names[:2]: names for names in sorted(fitting(), key=size, reverse=True)}.items())]


@pytest.mark.parametrize(("task", "architecture", "dataset"), smallest())
def test_fake_tensors_give_what_a_real_step_gives(task: str, architecture: str, dataset: str):
    experiment = Experiment.make(task, architecture, dataset)
    spec = catalog.get("dataset", dataset)(experiment.data).spec()
    found = summary.summarise(experiment)
    assert found == summary._measure(experiment, spec, nullcontext())
    assert found.parameters == sum(parameter.numel() for parameter in build_model(experiment, spec).parameters())


@pytest.mark.parametrize("model", [("lenet", {}), ("torchvision", {"network": "regnet_x_400mf"})], ids=str)
def test_measuring_leaves_the_random_numbers_alone(model):
    before = torch.get_rng_state()
    summary.summarise(Experiment.make("classification", model[0], "digits", model=model[1]))
    assert torch.equal(before, torch.get_rng_state())


def test_a_network_that_looks_at_numbers_while_it_is_built_is_measured_without_a_real_step():
    # RegNet rounds its widths in tensors (torchvision's own), so it can't be built of fake ones.
    experiment = Experiment.make("classification", "torchvision", "digits", model={"network": "regnet_x_400mf"})
    spec = catalog.get("dataset", "digits")(experiment.data).spec()
    with pytest.raises(DataDependentOutputException):
        summary._measure(experiment, spec, FakeTensorMode())
    assert summary.summarise(experiment) == summary._measure(experiment, spec, nullcontext())


def test_parts_of_a_batch_need_less_memory_and_a_compiled_model_as_much_as_any():
    names = ("classification", "lenet", "digits")
    whole = summary.summarise(Experiment.make(*names, training={"batch_size": 64}))
    parts = summary.summarise(Experiment.make(*names, training={"batch_size": 64, "accumulate": 4}))
    assert parts.activations == whole.activations // 4
    same = {"batch_size": 64, "compile": True, "precision": "float16", "channels_last": True}
    assert summary.summarise(Experiment.make(*names, training=same)).memory == whole.memory


@pytest.mark.parametrize(("architecture", "gates"), [("elman", 1), ("gru", 3), ("lstm", 4)])
def test_a_recurrent_layer_s_products_are_counted_at_every_step(architecture: str, gates: int):
    made = Experiment.make("sequence_classification", architecture, "two-sequences", data={"length": 20},
                           model={"embedding": 10, "width": 30})
    products = 20 * gates * 30 * (10 + 30) + 2 * 30  # each step multiplies what is read and what is held; then the classes
    assert summary.summarise(made).flops == pytest.approx(6 * products, rel=0.05)  # forward and twice that back, two each


def test_arithmetic_of_an_lstm_is_six_per_weight_and_step_but_four_where_it_reads_the_data():
    experiment = Experiment.make("speech_recognition", "speech-lstm", "spoken-digits", model={"depth": 1})
    found = summary.summarise(experiment)
    reading = [layer for layer in found.layers if layer.kind == "LSTMCell"]  # in both directions
    weights = sum(4 * 128 * (4 * layer.taken[-1] + 6 * 128) for layer in reading)  # no gradient of the data is asked for
    steps = reading[0].shape[0]
    spectra = 2 * 40 * 129 * 2 * steps  # the mel filters; the Fourier transform is not counted
    letters = 6 * 256 * 16 * steps
    assert found.flops == pytest.approx(weights * steps + letters + spectra, rel=0.02)
