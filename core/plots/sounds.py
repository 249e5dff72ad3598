"""Figures of sounds: waveforms, and a recording as a model hears it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from PIL import ImageColor
from plotly.subplots import make_subplots

from core.catalog import BLANK
from core.plots.style import BLUE, SEQUENTIAL, SKY

POINTS = 600  # columns of a drawn waveform


def envelope(samples: np.ndarray, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """The lowest and the highest sample of each of at most `columns` equal stretches, `(columns,)` each."""
    starts = np.linspace(0, len(samples), min(columns, len(samples)), endpoint=False).astype(int)
    return np.minimum.reduceat(samples, starts), np.maximum.reduceat(samples, starts)


def waveform_picture(samples: np.ndarray, width: int, height: int, dark: bool) -> np.ndarray:
    """A waveform int16 `(n,)` as a picture uint8 RGBA `(height, width, 4)` on clear ground, as high as its peak allows."""
    low, high = envelope(samples.astype(float) / np.abs(samples.astype(float)).max(), width)
    place = np.linspace(1, -1, height)[:, None]  # (height, 1), from top to bottom
    half = 1 / height
    ink = (place <= high + half) & (place >= low - half)  # (height, columns)
    picture = np.zeros((height, width, 4), np.uint8)
    picture[:, : ink.shape[1]][ink] = (*ImageColor.getrgb(SKY if dark else BLUE), 255)
    return picture


def seen(
    samples: np.ndarray, rate: int, spectrum: np.ndarray, hertz: np.ndarray, hop: int, *, colour: str, dark: bool
) -> go.Figure:
    """Waveform `(n,)`, `rate` samples a second, and mel spectrum, one under the other over one axis of time.

    Arguments: `spectrum` `(mels, frames)` around 0, whose bands lie at `hertz` `(mels,)`, a frame each `hop` samples.
    """
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.03, row_heights=[0.28, 0.72])
    _sound(figure, samples, rate, spectrum, hertz, hop, colour, dark)
    return _over_time(figure, len(samples) / rate, 2)


def heard(
    samples: np.ndarray, rate: int, spectrum: np.ndarray, hertz: np.ndarray, hop: int, chances: np.ndarray, stride: int,
    letters: Sequence[str], text: str, path: np.ndarray, *, colour: str, dark: bool,
) -> go.Figure:
    """As `seen`, and below it the letters' places and their probabilities.

    Arguments: `chances` `(steps, letters)`, each step `stride` samples long; `path` `(steps,)`, for each the place of its
    letter in `text`, or -1.
    """
    figure = make_subplots(rows=4, cols=1, shared_xaxes=True, vertical_spacing=0.02, row_heights=[0.13, 0.34, 0.07, 0.46])
    _sound(figure, samples, rate, spectrum, hertz, hop, colour, dark)
    step = stride / rate
    for left, right, letter in _spans(path, text):
        figure.add_trace(go.Scatter(
            x=[left * step, right * step, right * step, left * step], y=[-0.5, -0.5, 0.5, 0.5], fill="toself", mode="lines",
            line={"width": 1, "color": colour}, hoveron="fills", text=f"“{letter}” from {left * step:.2f} to "
            f"{right * step:.2f} s", hoverinfo="text",
        ), row=3, col=1)
        figure.add_annotation(x=(left + right) / 2 * step, y=0, text=f"<b>{_named(letter)}</b>", showarrow=False,
                              font_size=14, row=3, col=1)
    _letters(figure, chances, (np.arange(len(chances)) + 0.5) * step, letters, dark)
    figure.update_yaxes(tickvals=[0], ticktext=["text"], range=[-0.5, 0.5], row=3, col=1)
    return _over_time(figure, max(len(samples) / rate, len(chances) * step), 4)


def _sound(
    figure: go.Figure, samples: np.ndarray, rate: int, spectrum: np.ndarray, hertz: np.ndarray, hop: int, colour: str,
    dark: bool,
) -> None:
    """The waveform in the first row, the spectrum in the second."""
    low, high = envelope(samples, POINTS)
    time = np.linspace(0, len(samples) / rate, len(low), endpoint=False)
    figure.add_trace(go.Scatter(
        x=np.concatenate([time, time[::-1]]), y=np.concatenate([high, low[::-1]]), fill="toself", mode="lines",
        line={"width": 0.5, "color": colour}, fillcolor=colour, hoverinfo="skip",
    ), row=1, col=1)
    figure.add_trace(go.Heatmap(
        z=spectrum, x=np.arange(spectrum.shape[1]) * hop / rate, zmin=-2, zmax=2.5, showscale=False,
        colorscale=SEQUENTIAL[dark], customdata=np.broadcast_to(hertz[:, None], spectrum.shape).tolist(),
        hovertemplate="%{customdata:.0f} Hz at %{x:.2f} s<br>loudness %{z:+.1f} around the recording's mean<extra></extra>",
    ), row=2, col=1)
    bands = np.linspace(0, len(hertz) - 1, 4).round().astype(int)
    figure.update_yaxes(visible=False, row=1, col=1)
    figure.update_yaxes(tickvals=bands, ticktext=[f"{hertz[band] / 1000:.1f} kHz" for band in bands], row=2, col=1)


def _over_time(figure: go.Figure, end: float, rows: int) -> go.Figure:
    figure.update_yaxes(showgrid=False, zeroline=False, fixedrange=True)
    figure.update_xaxes(showgrid=False, zeroline=False, fixedrange=True, range=[0, end])
    figure.update_xaxes(title_text="seconds", row=rows, col=1)
    return figure.update_layout(showlegend=False, hovermode="closest", dragmode=False,
                                margin={"l": 8, "r": 8, "t": 4, "b": 8})


def _letters(figure: go.Figure, chances: np.ndarray, middle: np.ndarray, letters: Sequence[str], dark: bool) -> None:
    """A row for each letter, and the blank, which is nearly always likeliest, paler below them."""
    real = [i for i in range(len(letters)) if i != BLANK]
    for first, rows, opacity in ((0, real, 1.0), (len(real), [BLANK], 0.4)):
        figure.add_trace(go.Heatmap(
            z=chances[:, rows].T, x=middle, y0=first, dy=1, zmin=0, zmax=1, colorscale=SEQUENTIAL[dark], showscale=False,
            opacity=opacity, hovertemplate="%{y} at %{x:.2f} s: %{z:.1%}<extra></extra>",
        ), row=4, col=1)
    # Numbers, not letters, are the axis's values: Plotly takes no two heat maps on one axis of words.
    figure.update_yaxes(range=[len(real) + 0.5, -0.5], tickvals=list(range(len(letters))),
                        ticktext=[*(_named(letters[i]) for i in real), "blank"], row=4, col=1)


def _spans(path: np.ndarray, text: str) -> list[tuple[int, int, str]]:
    """For each letter of the text the steps that stand for it: the first, the one after the last, and the letter."""
    return [(int(steps[0]), int(steps[-1]) + 1, letter) for place, letter in enumerate(text)
            if len(steps := np.flatnonzero(path == place))]


def _named(letter: str) -> str:
    return "space" if letter == " " else letter
