"""Figures of an agent that plays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go


def situations(points: np.ndarray, values: np.ndarray, captions: Sequence[str]) -> go.Figure:
    """Situations at `points` `(n, 2)`, coloured by the return that is expected of them `(n,)`, each with a caption."""
    figure = go.Figure(go.Scatter(
        x=points[:, 0], y=points[:, 1], mode="markers", hoverinfo="none",
        customdata=[[i, caption] for i, caption in enumerate(captions)],
        marker={"color": values, "size": 7, "showscale": True, "colorscale": "Viridis",
                "colorbar": {"title": {"text": "expected return", "side": "right"}, "thickness": 10, "outlinewidth": 0}},
    ))
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    return figure.update_layout(hovermode="closest", margin={"l": 8, "r": 8, "t": 8, "b": 8})
