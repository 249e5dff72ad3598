"""What a recurrent network remembers of what it reads or hears: its gates and cells step by step, one cell over the text,
and how far back its last state still sees."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st
import torch

from core.inside import recurrence
from core.inside.load import Loaded
from core.plots import inside as plots
from core.plots import recurrence as figures
from core.plots.style import BLUE
from core.ui import address, page
from core.ui.chart import chart
from core.ui.inside.side import Side

CELLS = 24  # shown at once: those that change most
SAID = {
    "state": "The state that the next step, the next layer and the answer are told of: blue above 0, orange below.",
    "cell": "What stands in the notebook. A cell that nobody overwrites keeps its colour from step to step.",
    "input gate": "How much of the new is let in: 0 nothing, 1 all of it.",
    "forget gate": "How much of the cell is kept: 1 all of it, 0 forgets it.",
    "output gate": "How much of the cell is shown to the outside.",
    "candidate": "What would be written if the gate let it in.",
    "update gate": "How much of the old state is kept: 1 all of it, 0 takes the candidate in its place.",
    "reset gate": "How much of the old state is looked at while the candidate is made.",
}


@st.cache_data(max_entries=32, show_spinner="Reading it step by step …")
def _layers(run_id: str, step: int, inputs: np.ndarray, _loaded: Loaded) -> list[recurrence.Layer]:
    return recurrence.layers(_loaded, torch.from_numpy(inputs))


def show(side: Side, inputs: np.ndarray, steps: Sequence[str], known: Sequence[bool] = ()) -> None:
    """What happens while one example is read, token numbers `(1, length)`, a waveform `(1, samples)` or a series
    `(1, length, numbers)`: what it is called at each step, and, of words, whether each is `known`."""
    loaded = side.loaded
    read = _layers(loaded.run.id, loaded.step, inputs, loaded)
    layers = {layer.name: layer for layer in read}
    st.markdown("**What it remembers, step by step**", help="A recurrent network reads one step after the other, a word, a "
                "sign or a moment, and keeps a state. Here are the numbers of it at each of them.")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = next(iter(layers))
        if len(layers) > 1:
            name = address.select("Layer", f"{side.key}recurrent", list(layers), width=200)
        seen = layers[name].seen
        kinds = sorted(seen, key=list(SAID).index)
        kind = kinds[0] if len(kinds) == 1 else address.segments("What to see", f"{side.key}seen", kinds)
    values = seen[kind]  # (steps, cells)
    liveliest = np.argsort(-np.ptp(values, axis=0), kind="stable")[:CELLS].tolist()
    cell = address.whole(f"{side.key}cell", liveliest[0], 0, values.shape[1] - 1)
    st.caption(f"{SAID[kind]} The {len(liveliest)} of {values.shape[1]} cells that change most. Click one to read it.")
    chart(figures.activity(values.T[liveliest], steps, liveliest, cell, page.dark(), BLUE), key=f"{side.key}activity",
          height=16 * len(liveliest) + 90, alt=f"The {kind} of {len(liveliest)} cells, step by step.",
          on_click=lambda clicked: st.query_params.update({f"{side.key}cell": str(liveliest[clicked[0]])}))
    picked, _ = st.columns([1, 3])
    with picked:
        address.number_field("Cell", f"{side.key}cell", liveliest[0], values.shape[1] - 1)
    if known:
        st.html(plots.tinted(steps, values[:, cell], known, page.dark(), unit=kind, least=1.0))
    st.space("small")
    st.markdown("**How far back it sees**", help="By how much the state at the end would change with each step: the size of "
                "the derivative, as a share of the largest. Each tick is a tenth of the one above. Learning hears of a step "
                "only through this: where it vanishes, nothing is learned from there.")
    reach = layers[name].reach
    chart(figures.reach(reach / (reach.max() or 1.0), steps, side.colour), key=f"{side.key}reach", height=240,
          alt="How much the last state depends on each step.")
