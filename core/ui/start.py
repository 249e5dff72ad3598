"""The click that trains: what a task is met with, whether a data set is here, and the launch of a recipe."""

from __future__ import annotations

import streamlit as st

from core import catalog
from core.datasets.base import Availability
from core.errors import UserError
from core.experiment import Experiment
from core.jobs import queue

FIRST = ("classification", "lenet", "digits")  # trains in under a minute on two cores, from data that are always there
# What a task is best met with; any other task is met with the first that fits.
MET_WITH = {
    "classification": FIRST,
    "adversarial": ("adversarial", "dcgan", "faces"),
    "denoising": ("denoising", "autoencoder", "natural-images"),
    "colourisation": ("colourisation", "colour-net", "faces"),
    "inpainting": ("inpainting", "partial-unet", "faces"),
    "reconstruction": ("reconstruction", "vae", "digits"),
    "text_classification": ("text_classification", "transformer-encoder", "film-reviews"),
    "sequence_classification": ("sequence_classification", "lstm", "temporal-order"),
    "masked_language_modelling": ("masked_language_modelling", "bert", "film-reviews"),
    "sequence_regression": ("sequence_regression", "lstm", "adding"),
    "language_modelling": ("language_modelling", "gpt", "shakespeare"),
    "question_answering": ("question_answering", "document-reader", "who-says-it"),
    "translation": ("translation", "transformer", "multi30k"),
    "captioning": ("captioning", "show-attend-tell", "captions"),
    "sound_classification": ("sound_classification", "speech-lstm", "spoken-digit-classes"),
    "q_learning": ("q_learning", "q-network", "cart-pole"),
    "policy_gradient": ("policy_gradient", "actor-critic", "minatar-breakout"),
    "speech_recognition": ("speech_recognition", "speech-lstm", "spoken-digits"),
}

@st.cache_data(ttl=10, max_entries=200, show_spinner=False)
def availability(dataset: str) -> Availability:
    """Where a data set is now, or ten seconds ago."""
    cls = catalog.get("dataset", dataset)
    return cls(cls.Settings()).availability()


def train(task: str, architecture: str, dataset: str) -> None:
    """Launches the recipe of these three and goes to its live view."""
    try:
        run_ids = queue.submit(Experiment.make(task, architecture, dataset))
    except UserError as error:
        st.error(str(error), icon=":material/error:")
        return
    st.switch_page("pages/runs.py", query_params={"run": run_ids[0]})
