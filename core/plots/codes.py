"""The numbers of a code, as bars."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go


def bars(code: np.ndarray, colour: str) -> go.Figure:
    """The numbers of a code `(latent,)`, in their order."""
    figure = go.Figure(go.Bar(x=np.arange(len(code)), y=code, marker={"color": colour},
                              hovertemplate="number %{x}: %{y:.2f}<extra></extra>"))
    figure.update_layout(margin={"t": 8}, bargap=0.15, hovermode="closest")
    figure.update_xaxes(fixedrange=True, showgrid=False)
    return figure.update_yaxes(fixedrange=True)
