"""The agent plays an episode: the person watches, scrubs through it, and sees what its answer hangs on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st
from PIL import Image

from core.inside import playing
from core.inside.load import Loaded
from core.inside.playing import Looked, Watched
from core.ui import address
from core.ui.episode import player
from core.ui.inside.side import Side, places

TITLE = "Playing"
fits = playing.fits
MOST_EPISODES = 9999
GLOW = {"What the move hangs on": (86, 180, 233), "What the value hangs on": (213, 94, 0)}


def show(sides: Sequence[Side]) -> None:
    st.session_state["episode"] = address.whole("episode", 0, 0, MOST_EPISODES)
    seed = st.number_input("Episode", 0, MOST_EPISODES, key="episode", on_change=address.keep, args=("episode",), width=220,
                           help="Each number is another beginning of the game. None of them was played in training.")
    for side, place in zip(sides, places(sides), strict=True):
        with place:
            _episode(side, seed)


def _episode(side: Side, seed: int) -> None:
    loaded = side.loaded
    watched = _watched(loaded.run.id, loaded.step, seed, loaded)
    episode = watched.episode
    with st.container(horizontal=True, gap="large"):
        st.metric("Points", f"{episode.back:g}", width="content",
                  help=None if episode.over else f"After the first {playing.MOST:,} moves: the game goes on.")
        st.metric("Moves", f"{len(episode.actions):,}", width="content")
        if watched.human is not None:
            st.metric("A random player", f"{watched.random:g}", width="content", help="Published, on the mean.")
            st.metric("A human tester", f"{watched.human:g}", width="content", help="Published, on the mean.")
        else:
            st.metric("A random player", f"{_at_random(loaded.run.id, seed, loaded):g}", width="content",
                      help="Who moves at random in the same episode.")
    at = player(watched, loaded.spec.actions, loaded.task.measured, key=f"{side.key}player{loaded.step}_{seed}",
                at=0, colour=side.colour, percent=loaded.run.params["task"] == "policy_gradient")
    looked = playing.look(loaded, episode, min(at, len(episode.actions) - 1))
    if looked is None:
        st.caption("This game is seen as plain numbers: there is no screen that the network looks at.")
        return
    st.caption(f"Move {at + 1}, where the film stands. Bright is where a little blur would change the answer most.")
    shown = zip(st.columns(2, gap="medium"), GLOW.items(), (looked.policy, looked.value), strict=True)
    for column, (title, colour), found in shown:
        column.image(_glowing(looked, found, colour), caption=title, width="stretch")


@st.cache_data(max_entries=8, show_spinner="The agent plays …")
def _watched(run_id: str, step: int, seed: int, _loaded: Loaded) -> Watched:
    return playing.watch(_loaded, seed)


@st.cache_data(max_entries=100, show_spinner=False)
def _at_random(run_id: str, seed: int, _loaded: Loaded) -> float:
    return playing.at_random(_loaded, seed)


def _glowing(looked: Looked, found: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    """The screen in half its light, with the map over it; small ones enlarged."""
    height, width = looked.screen.shape[:2]
    share = Image.fromarray(found / max(float(found.max()), 1e-12)).resize((width, height), Image.Resampling.BILINEAR)
    mixed = 0.55 * looked.screen + 0.9 * np.asarray(share)[:, :, None] * np.array(colour)
    return mixed.clip(0, 255).astype(np.uint8)
