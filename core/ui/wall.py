"""A wall of samples: pictures, sounds or sentences, each with its label, in as many columns as there is room for."""

from __future__ import annotations

import base64
import html
import io
import wave
from collections.abc import Sequence

import numpy as np
import streamlit as st

from core.catalog import DataSpec
from core.inside.data import Sample
from core.plots.inside import png
from core.plots.sounds import waveform_picture


def show(spec: DataSpec, samples: Sequence[Sample], dark: bool) -> None:
    """Draws samples of data that are no table and no running text."""
    if spec.kind in ("images", "captioned", "games"):
        pictures(samples, told=spec.kind == "captioned")
    elif spec.kind == "sounds":
        sounds(samples, spec.sample_rate, dark)
    else:
        sentences(samples)


def pictures(samples: Sequence[Sample], *, told: bool = False) -> None:
    """Draws pictures with their labels below, which are sentences where the pictures are `told`. Small ones are enlarged
    pixel by pixel."""
    side = 150 if told else 64 if max(samples[0].content.shape[:2]) <= 32 else 104
    tiles = "".join(
        f'<figure><img src="{_source(sample.content)}" alt="{html.escape(sample.label or "sample")}">'
        f"<figcaption>{html.escape(sample.label)}</figcaption></figure>"
        for sample in samples
    )
    st.html(f'<div class="wall{" told" * told}" style="--side: {side}px">{tiles}</div>')


def sounds(samples: Sequence[Sample], rate: int, dark: bool) -> None:
    """Draws sounds as waveforms, each with a player and its label. `rate`: samples a second."""
    tiles = "".join(
        f'<figure><img class="smooth" src="{_source(waveform_picture(sample.content, 300, 60, dark))}" alt="waveform">'
        f'<audio controls src="{_player(sample.content, rate)}"></audio>'
        f"<figcaption>{html.escape(sample.label)} · {len(sample.content) / rate:.2f} s</figcaption></figure>"
        for sample in samples
    )
    st.html(f'<div class="wall" style="--side: 220px">{tiles}</div>')


def sentences(samples: Sequence[Sample]) -> None:
    """Draws sentences, each after its label, if it has one."""
    labels = [f"<span>{html.escape(sample.label)}</span> " if sample.label else "" for sample in samples]
    lines = "".join(f"<li>{label}{html.escape(sample.content)}</li>" for label, sample in zip(labels, samples, strict=True))
    st.html(f'<ul class="wall">{lines}</ul>')


def _source(picture: np.ndarray) -> str:
    return "data:image/png;base64," + base64.b64encode(png(picture)).decode()


def _player(sound: np.ndarray, rate: int) -> str:
    held = io.BytesIO()
    with wave.open(held, "wb") as file:
        file.setparams((1, 2, rate, len(sound), "NONE", ""))
        file.writeframes(sound.astype("<i2").tobytes())
    return "data:audio/wav;base64," + base64.b64encode(held.getvalue()).decode()
