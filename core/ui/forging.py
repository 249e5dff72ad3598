"""How a generator and its discriminator get on, in a sentence below a run's curves."""

from __future__ import annotations

import streamlit as st

from core.tracking import forging, read
from core.ui import curves


def told(run: read.Run) -> None:
    """What there is to say of a run that generates pictures: whether its generator has collapsed, or its discriminator has
    won."""
    origin = next((name.removeprefix("validation/diversity_") for name in run.metrics if "/diversity_" in name), None)
    if origin is None:
        return
    measured = (curves.history(run, f"validation/{name}_{origin}") for name in ("diversity", "precision", "recall"))
    scored = ("train/score_real", "train/score_fake")
    scores = tuple(curves.history(run, name) for name in scored) if scored[0] in run.metrics else None
    game = forging.Game(*measured, scores)
    for sentence in (warned := forging.warnings(game)):
        st.warning(sentence, icon=":material/warning:")
    if not warned:
        st.markdown(f":material/insights: {forging.calm(game)}")
