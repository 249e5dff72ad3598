"""What a launch would cost, beside the form: size, memory, steps, device, data, and the network layer by layer."""

from __future__ import annotations

from collections.abc import Iterator

import streamlit as st

from core import catalog
from core.experiment import Experiment, Training
from core.jobs.devices import Device, devices
from core.training.summary import Summary, summarise
from core.ui import network, page, start


@st.cache_data(max_entries=64, show_spinner=False)
def _summary(experiment: str) -> Summary:
    return summarise(Experiment.from_json(experiment))


def device_for(training: Training) -> Device | None:
    """The device that the supervisor would give, or None where there is none of that kind."""
    return next((device for device in devices() if training.device in ("auto", device.kind)), None)


def show(experiment: Experiment) -> None:
    """Beside the form: size, memory, steps, device, data, and the shapes layer by layer."""
    summary = _summary(experiment.model_dump_json())
    device = device_for(experiment.training)
    left, right = st.columns(2, wrap=False)
    left.metric("Parameters", page.count(summary.parameters), help=f"{summary.parameters:,} numbers that are learned.")
    right.metric(
        "Memory", page.memory(summary.memory),
        help="What the model needs in training, at this batch size and in float32, beside torch itself: "
        f"weights {page.memory(summary.weights)}, gradients {page.memory(summary.gradients)}, "
        f"optimiser {page.memory(summary.optimiser)}, activations {page.memory(summary.activations)}.",
    )
    left.metric(
        "Steps", f"{summary.steps:,}", help="How often the weights are changed: epochs × training examples ÷ batch size."
    )
    right.metric(
        "FLOP an example", page.count(summary.flops),
        help="Multiplications and additions for one training example, forward and backward.",
    )
    for line in _facts(experiment, summary, device):
        st.markdown(line)
    network.show(summary.layers, catalog.get("architecture", experiment.architecture).card.title, key="drawing")
    layers = {
        "Layer": [layer.kind for layer in summary.layers],
        "Output": ["×".join(map(str, layer.shape)) or "1" for layer in summary.layers],
        "Parameters": [layer.parameters or None for layer in summary.layers],
    }
    st.dataframe(
        layers, hide_index=True, row_height=28, height=min(28 * (len(summary.layers) + 1) + 10, 420), key="layers",
        column_config={
            "Layer": st.column_config.TextColumn(width=125), "Output": st.column_config.TextColumn(width=80),
            "Parameters": st.column_config.NumberColumn(format="localized"),
        },
        placeholder="–",
    )


def _facts(experiment: Experiment, summary: Summary, device: Device | None) -> Iterator[str]:
    there = start.availability(experiment.dataset)
    if device is None:
        yield f":red[:material/memory:] There is no {experiment.training.device} device here: take another in the settings."
    elif summary.memory > device.memory_bytes:
        yield (
            f":red[:material/memory:] {device.name} has {page.memory(device.memory_bytes)}: too little for this. "
            "Take a smaller batch size or a smaller model."
        )
    else:
        yield f":material/memory: {page.device_name(device.kind, device.name)}, {page.memory(device.memory_bytes)}"
    examples = catalog.get("dataset", experiment.dataset)(experiment.data).spec().sizes["train"]
    yield f":material/{'database' if there.ready else 'download'}: {examples:,} training examples. {there.sentence}"
