"""A game that the person plays with the keys: the browser sends moves, the server makes them and sends the screen."""

from __future__ import annotations

import base64
import io
import secrets
from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from PIL import Image

from core.architectures.players import sight
from core.catalog import DataSpec
from core.datasets.games import Game

RATES = {"numbers": 15, "board": 6, "screen": 15}  # moves a second, by what is seen of the game
WIDEST = 320  # pixels of the screen that is sent

_HTML = """
<div class="stick" tabindex="0" role="application" aria-label="The game. Arrow keys move, space fires.">
  <img class="screen" alt="The game">
  <div class="tools"><button type="button" class="go">Play</button><span class="points"></span></div>
  <div class="pads"></div>
</div>
"""

_CSS = """
.stick { max-width: 30rem; font-family: var(--st-font); color: var(--st-text-color); border-radius: var(--st-base-radius); }
.stick:focus { outline: none; }
.stick:focus-visible .screen { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
.screen { display: block; width: 100%; max-height: 26rem; object-fit: contain; image-rendering: pixelated;
  border-radius: var(--st-base-radius); background: var(--st-secondary-background-color); }
.tools { display: flex; gap: 0.75rem; align-items: center; margin-top: 0.75rem; font-size: 0.875rem;
  font-variant-numeric: tabular-nums; }
.pads { display: flex; flex-wrap: wrap; gap: 0.5rem; margin-top: 0.5rem; }
button { min-width: 4.5rem; height: 2.25rem; padding: 0 0.75rem; font: inherit; font-size: 0.875rem; cursor: pointer;
  color: var(--st-text-color); background: transparent; border: 1px solid var(--st-border-color);
  border-radius: var(--st-button-radius); touch-action: none; user-select: none; }
button:hover { border-color: var(--st-primary-color); color: var(--st-primary-color); }
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 1px; }
"""

_stick = st.components.v2.component(
    "glassbox_joystick", html=_HTML, css=_CSS, js=Path(__file__).with_name("joystick.js").read_text()
)


@dataclass
class Seat:
    """A person's game: which of those that were begun (`number`), and whether it is over."""

    game: Game
    seed: int
    number: int = 0
    over: bool = False

    def begin(self, number: int) -> None:
        self.game.begin(self.seed)
        self.number, self.over = number, False

    def answer(self, asked: dict) -> None:
        """Makes the move that the browser asks for, unless it was made already; a higher number begins anew."""
        if asked["game"] > self.number:
            self.begin(asked["game"])
        elif asked["game"] == self.number and asked["count"] == len(self.game.moves) + 1 and not self.over:
            *_, self.over = self.game.move(asked["action"])


@st.cache_resource(max_entries=20, show_spinner=False)
def _seat(token: str, game: str, seed: int) -> Seat:
    """Of each session one. A game that was forgotten, since many others play, begins anew."""
    seat = Seat(Game(game), seed)
    seat.begin(0)
    return seat


@st.fragment
def joystick(spec: DataSpec, seed: int, *, key: str) -> None:
    """The game, in the episode of that seed, for the person to play."""
    token = st.session_state.setdefault("seat", secrets.token_hex(8))
    seat = _seat(token, spec.game, seed)
    if asked := st.session_state.get(key, {}).get("asked"):
        seat.answer(asked)
    screen = Image.fromarray(seat.game.screen())
    screen.thumbnail((WIDEST, WIDEST))
    held = io.BytesIO()
    screen.save(held, "WEBP", quality=80, method=0)
    data = {
        "screen": "data:image/webp;base64," + base64.b64encode(held.getvalue()).decode(), "actions": spec.actions,
        "points": f"{seat.game.back:g}", "count": len(seat.game.moves), "game": seat.number, "over": seat.over,
        "rate": RATES[sight(spec)],
    }
    _stick(data=data, default={"asked": None}, key=key, on_asked_change=lambda: None)
