"""A passage whose words are tinted, as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from core.plots.style import BLUE, GREEN, ORANGE


def tinted_passage(
    pieces: Sequence[str], left: np.ndarray, told: Sequence[str], marked: range, right: np.ndarray | None = None
) -> str:
    """The pieces of a text on grounds that are blue by `left` `(pieces,)` in 0..1, and run to orange by `right`, where there
    is that too; those that are `marked` are underlined. `told` is said of each under the pointer."""
    words = []
    for i, (piece, share, said) in enumerate(zip(pieces, left, told, strict=True)):
        ground = _veil(BLUE, share)
        if right is not None:
            ground = f"linear-gradient(90deg,{ground},{_veil(ORANGE, right[i])})"
        line = f"border-bottom:3px solid {GREEN};font-weight:600;" if i in marked else ""
        words.append(f'<span title="{escape(said)}" style="background:{ground};{line}">{escape(piece)}</span>')
    return ('<div style="font-size:1.0625rem;line-height:1.9;white-space:pre-wrap;overflow-wrap:anywhere">'
            f'{"".join(words).strip()}</div>')


def _veil(colour: str, share: float) -> str:
    """A colour as deep as the share's root, so that small ones are seen too."""
    return f"{colour}{round(200 * min(1.0, float(share)) ** 0.5):02x}"
