"""The film of an episode to play and scrub, with what the network made of each screen beside it, all in the browser."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import streamlit as st
from streamlit.runtime import get_instance

from core.inside.playing import Watched

RATE = 15  # moves a second: what an Atari game makes

_HTML = """
<div class="player">
  <div class="left">
    <canvas class="screen" role="img" aria-label="The game"></canvas>
    <div class="tools"><button type="button" class="play">Play</button>
      <input class="slider" type="range" min="0" value="0" aria-label="Move"></div>
    <div class="line"></div>
  </div>
  <div class="right">
    <div class="head measured"></div>
    <div class="bars"></div>
    <div class="head">Expected return from here on: <b class="value"></b></div>
    <canvas class="curve" role="img" aria-label="The expected return over the episode"></canvas>
  </div>
</div>
"""

_CSS = """
.player { display: flex; flex-wrap: wrap; gap: 1.5rem; font-family: var(--st-font); color: var(--st-text-color); }
.left { flex: 1 1 16rem; max-width: 30rem; min-width: 0; }
.right { flex: 1 1 16rem; min-width: 0; }
.screen { display: block; width: 100%; max-height: 26rem; object-fit: contain; image-rendering: pixelated;
  border-radius: var(--st-base-radius); background: var(--st-secondary-background-color); }
.tools { display: flex; gap: 0.75rem; align-items: center; margin-top: 0.75rem; }
.slider { flex: 1; min-width: 0; accent-color: var(--st-primary-color); }
button { width: 5rem; height: 2.25rem; font: inherit; font-size: 0.875rem; cursor: pointer; color: var(--st-text-color);
  background: transparent; border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius); }
button:hover { border-color: var(--st-primary-color); color: var(--st-primary-color); }
button:focus-visible, .slider:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 1px; }
.line { font-size: 0.875rem; margin-top: 0.5rem; font-variant-numeric: tabular-nums; }
.head { font-size: 0.875rem; opacity: 0.8; margin: 0 0 0.5rem; font-variant-numeric: tabular-nums; }
.bar { display: grid; grid-template-columns: 7rem 1fr 3.5rem; gap: 0.5rem; align-items: center; font-size: 0.875rem;
  height: 1.5rem; }
.bar.chosen { font-weight: 600; }
.track { height: 0.5rem; border-radius: 0.25rem; background: var(--st-secondary-background-color); overflow: hidden; }
.track i { display: block; height: 100%; background: var(--st-primary-color); opacity: 0.45; }
.chosen .track i { opacity: 1; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.bars { margin-bottom: 1rem; }
.curve { display: block; width: 100%; height: 8rem; cursor: crosshair; touch-action: none; }
"""

_player = st.components.v2.component(
    "glassbox_episode", html=_HTML, css=_CSS, js=Path(__file__).with_name("episode.js").read_text()
)


def player(watched: Watched, actions: tuple[str, ...], measured: str, *, key: str, at: int, colour: str,
           percent: bool) -> int:
    """Draws the episode, at first at the move `at`; `percent` where what is told of a move is a chance. Gives the move that
    it was paused at."""
    address = get_instance().media_file_mgr.add(watched.sheet, "image/jpeg", f"episode {key}")
    low, high = (0.0, 1.0) if percent else (float(watched.answers.min()), float(watched.answers.max()))
    data = {
        "sheet": address, "columns": watched.columns, "size": watched.size, "actions": actions, "measured": measured,
        "answers": watched.answers.round(4).tolist(), "values": watched.values.round(4).tolist(),
        "chosen": watched.episode.actions, "points": np.cumsum([0.0, *watched.episode.rewards])[:-1].tolist(),
        "range": [low, high], "percent": percent, "at": at, "colour": colour, "rate": RATE,
    }
    return _player(data=data, default={"at": at}, key=key, on_at_change=lambda: None).at
