"""Figures and pictures of the look inside a model: probabilities, evidence, feature maps, attention, differences."""

from __future__ import annotations

import io
from collections.abc import Sequence
from html import escape

import numpy as np
import plotly.graph_objects as go
from PIL import Image, ImageColor
from torch import Tensor

from core.plots.style import DIVERGING, SEQUENTIAL

LEVELS = 12  # of opacity, in which lines are drawn
_HIDDEN = {"visible": False, "fixedrange": True}
_BARE = {"margin": {"l": 0, "r": 0, "t": 0, "b": 0}, "hovermode": "closest", "showlegend": False}


def picture(image: np.ndarray) -> np.ndarray:
    """A picture `(height, width, channels)` or `(height, width)`, uint8 or float in 0..1, as uint8 of two axes or three
    channels."""
    if image.dtype != np.uint8:
        levels = np.clip(image, 0, 1) * np.float32(255)
        image = np.rint(levels, out=levels).astype(np.uint8)
    return image[:, :, 0] if image.ndim == 3 and image.shape[2] == 1 else image


def png(image: np.ndarray) -> bytes:
    """A picture, uint8 of two axes or three channels, as a PNG file."""
    held = io.BytesIO()
    Image.fromarray(image).save(held, "PNG", compress_level=3)  # beyond, far slower and hardly smaller
    return held.getvalue()


def pixels(image: Tensor) -> np.ndarray:
    """A batch of one picture, `(1, channels, height, width)`, as `(height, width, channels)`."""
    return image[0].permute(1, 2, 0).numpy()


def enlarged(image: np.ndarray, longest: int, *, smooth: bool = False) -> np.ndarray:
    """As `picture`, until the longest side has at least `longest` pixels: each repeated a whole number of times, so that
    they stay squares, or `smooth`, as one looks at a photograph."""
    image = picture(image)
    zoom = -(-longest // max(image.shape[:2]))
    if smooth:
        height, width = image.shape[:2]
        return np.asarray(Image.fromarray(image).resize((width * zoom, height * zoom), Image.Resampling.BICUBIC))
    return image.repeat(zoom, axis=0).repeat(zoom, axis=1)


def strip(images: Sequence[np.ndarray], gap: int = 1) -> np.ndarray:
    """Pictures of one size side by side, in one: uint8 RGBA, clear between them."""
    tiles = [np.asarray(Image.fromarray(picture(image)).convert("RGBA")) for image in images]
    clear = np.zeros((tiles[0].shape[0], gap, 4), np.uint8)
    return np.concatenate([part for tile in tiles for part in (tile, clear)][:-1], axis=1)


def film(images: np.ndarray, longest: int = 192, milliseconds: int = 70) -> bytes:
    """Pictures `(n, height, width, channels)` as an animated WebP that goes there and back for ever."""
    frames = [Image.fromarray(enlarged(image, longest, smooth=True)).convert("RGB") for image in images]
    held = io.BytesIO()
    frames[0].save(held, "WEBP", save_all=True, append_images=frames[1:] + frames[-2:0:-1], duration=milliseconds, loop=0,
                   quality=80)
    return held.getvalue()


def coloured(values: np.ndarray, dark: bool, most: float, signed: bool) -> np.ndarray:
    """Values `(height, width)` of sizes up to `most` in the colours of the figures: two hues around zero where they are
    `signed`, else shades of one. Returns: uint8 RGB."""
    most = most or 1.0
    if not signed:
        scale, share = SEQUENTIAL[dark], values / most
    else:
        scale, share = DIVERGING[dark], values / most / 2 + 0.5
    places, colours = zip(*scale, strict=True)
    stops = np.array([ImageColor.getrgb(colour) for colour in colours], float)  # (stops, 3)
    return np.stack([np.interp(share, places, stops[:, c]) for c in range(3)], -1).round().astype(np.uint8)


def probabilities(classes: Sequence[str], values: np.ndarray, colour: str | Sequence[str], most: int = 12) -> go.Figure:
    """Bars of `values` `(classes,)`, of one colour or of a colour for each class; where there are more than `most` classes,
    the likeliest, likeliest first."""
    order = np.arange(len(classes)) if len(classes) <= most else np.argsort(-values)[:most]
    shares, best = values[order], values.argmax()
    figure = go.Figure(go.Bar(
        x=shares, y=[classes[i] for i in order], orientation="h", text=[f"{100 * share:.1f} %" for share in shares],
        textposition="outside", cliponaxis=False,
        marker={"color": colour if isinstance(colour, str) else [colour[i] for i in order],
                "opacity": [1.0 if i == best else 0.4 for i in order]},
        hovertemplate="%{y}: %{x:.2%}<extra></extra>",
    ))
    figure.update_layout(**_BARE | {"margin": {"l": 4, "r": 56, "t": 0, "b": 0}}, bargap=0.3)
    figure.update_xaxes(range=[0, 1], **_HIDDEN)
    figure.update_yaxes(type="category", autorange="reversed", showgrid=False, fixedrange=True, tickfont={"size": 13},
                        ticklabelstandoff=6)
    return figure


def values(
    field: np.ndarray, words: str, dark: bool, box: tuple[int, int, int, int] | None = None, accent: str = ""
) -> go.Figure:
    """Values `(height, width)` as squares, read off under the pointer, where `words` say what they are.

    Arguments: `box`, the `(top, left, bottom, right)` of a frame in the colour `accent`, the last two exclusive.
    """
    most = float(np.abs(field).max()) or 1.0
    negative = field.min() < 0
    figure = go.Figure(go.Heatmap(
        z=field, zmin=-most if negative else 0, zmax=most, colorscale=(DIVERGING if negative else SEQUENTIAL)[dark],
        showscale=False, hovertemplate=f"row %{{y}}, column %{{x}}<br>{words}: %{{z:.3g}}<extra></extra>",
    ))
    height, width = field.shape
    if box:
        top, left, bottom, right = box
        figure.add_shape(type="rect", x0=left - 0.5, x1=right - 0.5, y0=top - 0.5, y1=bottom - 0.5,
                         line={"color": accent, "width": 3})
    figure.update_layout(**_BARE, dragmode=False)
    figure.update_xaxes(range=[-0.5, width - 0.5], constrain="domain", **_HIDDEN)
    figure.update_yaxes(range=[height - 0.5, -0.5], scaleanchor="x", constrain="domain", **_HIDDEN)
    return figure


def framed(image: np.ndarray, box: tuple[int, int, int, int], accent: str) -> go.Figure:
    """A picture as in `picture` with a frame around `(top, left, bottom, right)`, the last two exclusive."""
    image = picture(image)
    if image.ndim == 2:
        image = image[:, :, None].repeat(3, axis=2)
    figure = go.Figure(go.Image(z=image, hoverinfo="skip"))
    top, left, bottom, right = box
    figure.add_shape(type="rect", x0=left - 0.5, x1=right - 0.5, y0=top - 0.5, y1=bottom - 0.5,
                     line={"color": accent, "width": 3})
    figure.update_layout(**_BARE, dragmode=False)
    figure.update_xaxes(constrain="domain", **_HIDDEN)
    figure.update_yaxes(constrain="domain", **_HIDDEN)
    return figure


def attention(
    weights: np.ndarray, tokens: Sequence[str], most: float, looked: Sequence[str] | None = None
) -> go.Figure:
    """How much each token (row) attends to each other (column), or to those of another sentence, `looked`: `weights`
    `(query, key)`, whose rows sum to one, or are NaN and stay empty; `most` takes the full colour."""
    looked = tokens if looked is None else looked
    figure = go.Figure(go.Heatmap(
        z=weights, x=list(range(len(looked))), y=list(range(len(tokens))), zmin=0, zmax=most, xgap=1, ygap=1,
        showscale=False, hoverongaps=False, customdata=[[(query, key) for key in looked] for query in tokens],
        hovertemplate="“%{customdata[0]}” gives “%{customdata[1]}”<br>%{z:.1%} of its attention<extra></extra>",
    ))
    figure.update_layout(**_BARE, dragmode=False)
    # Places, not words, are the axes' values: a word may come twice.
    for update, names in ((figure.update_xaxes, looked), (figure.update_yaxes, tokens)):
        update(tickvals=list(range(len(names))), ticktext=list(names), showgrid=False, zeroline=False, fixedrange=True,
               constrain="domain")
    figure.update_xaxes(side="top", tickangle=-50, range=[-0.5, len(looked) - 0.5])
    figure.update_yaxes(range=[len(tokens) - 0.5, -0.5], scaleanchor="x")
    return figure


def attention_lines(
    weights: np.ndarray, tokens: Sequence[str], most: float, colour: str, picked: int | None,
    looked: Sequence[str] | None = None,
) -> go.Figure:
    """The same as lines from each token that looks (left) to those that it looks at (right), the stronger the more opaque;
    of the token `picked` alone, where there is one. `most` is fully opaque."""
    looked = tokens if looked is None else looked
    shares = np.nan_to_num(weights) / (most or 1.0)
    if picked is not None:
        shares = np.where(np.arange(len(tokens))[:, None] == picked, shares, 0)
    figure = go.Figure()
    for level in range(1, LEVELS + 1):
        query, key = np.nonzero(np.ceil(shares * LEVELS) == level)
        if len(query):
            gap = np.full(len(query), None)
            figure.add_scatter(
                x=np.stack([np.zeros(len(query)), np.ones(len(query)), gap], 1).ravel(),
                y=np.stack([query, key, gap], 1).ravel(), mode="lines", hoverinfo="skip",
                line={"color": colour, "width": 0.5 + 2.5 * level / LEVELS}, opacity=level / LEVELS,
            )
    for x, side, names in ((0, "middle left", tokens), (1, "middle right", looked)):
        places = list(range(len(names)))
        figure.add_scatter(x=[x] * len(names), y=places, mode="text", text=[f"\u2002{token}\u2002" for token in names],
                           textposition=side, textfont={"size": 13}, hoverinfo="skip", cliponaxis=False,
                           customdata=[[place] for place in places])
    figure.update_layout(**_BARE | {"margin": {"l": 100, "r": 100, "t": 0, "b": 0}}, dragmode=False)
    figure.update_xaxes(range=[0, 1], **_HIDDEN)
    figure.update_yaxes(range=[max(len(tokens), len(looked)) - 0.5, -0.5], **_HIDDEN)
    return figure


def tinted(
    tokens: Sequence[str], pull: np.ndarray, known: Sequence[bool], dark: bool, unit: str = "in log odds", least: float = 0.2
) -> str:
    """Words on grounds that say how much each counts, `pull` `(tokens,)` around zero, as HTML; unknown ones underlined. At
    least `least` takes the full colour: a sentence in which nothing matters stays pale."""
    most = max(float(np.abs(pull).max()), least)
    colours = coloured(pull[None], dark, most, signed=True)[0]  # (tokens, 3)
    words = []
    for token, weight, is_known, colour in zip(tokens, pull, known, colours, strict=True):
        bright = colour @ np.array([0.299, 0.587, 0.114]) > 140
        line = "" if is_known else "text-decoration:underline wavy;text-underline-offset:3px;"
        words.append(
            f'<span title="{weight:+.2f} {unit}" style="background:rgb({colour[0]},{colour[1]},{colour[2]});'
            f"color:{'#14181c' if bright else '#fff'};{line}padding:.2em .4em;border-radius:.35em;margin:.15em .1em;"
            f'display:inline-block">{escape(token)}</span>'
        )
    return f'<div style="font-size:1.125rem;line-height:2">{"".join(words)}</div>'
