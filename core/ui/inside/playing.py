"""The agent plays an episode: the person watches, scrubs through it, and sees what its answer hangs on."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
import streamlit as st
from PIL import Image

from core.inside import playing
from core.inside.load import Loaded
from core.inside.playing import Looked, Watched
from core.inside.representation import Method, project
from core.plots import playing as figures
from core.ui import address
from core.ui.chart import Sheet, chart
from core.ui.episode import player
from core.ui.inside.side import Side, places
from core.ui.joystick import joystick

TITLE = "Playing"
AGENT, YOU = "The agent", "You"
fits = playing.fits
MOST_EPISODES = 9999
FEWEST = 10  # situations of which a map can be made
GLOW = {"What the move hangs on": (86, 180, 233), "What the value hangs on": (213, 94, 0)}


def show(sides: Sequence[Side]) -> None:
    st.session_state["episode"] = address.whole("episode", 0, 0, MOST_EPISODES)
    seed = st.number_input("Episode", 0, MOST_EPISODES, key="episode", on_change=address.keep, args=("episode",), width=220,
                           help="Each number is another beginning of the game. None of them was played in training.")
    if address.segments("Who plays", "player", [AGENT, YOU]) == YOU:
        _yourself(sides, seed)
        return
    for side, place in zip(sides, places(sides), strict=True):
        with place:
            _episode(side, seed)


def _yourself(sides: Sequence[Side], seed: int) -> None:
    """The person at the same game, and what others made of it."""
    spec = sides[0].loaded.spec
    st.caption("Click Play, then use the arrow keys, and space to fire. Moves that are not in this game do nothing.")
    left, right = st.columns([3, 2], gap="large")
    with left:
        joystick(spec, seed, key=f"joystick{seed}")
    with right:
        st.markdown("The same episode, played by")
        for side in sides:
            watched = _watched(side.loaded.run.id, side.loaded.step, seed, side.loaded)
            name = side.name if len(sides) > 1 else f"The agent, step {side.loaded.step:,}"
            st.metric(name, f"{watched.episode.back:g} points",
                      help=None if watched.episode.over else f"After {playing.MOST:,} moves: the game goes on.")
        _others(sides[0].loaded, watched, seed)


def _episode(side: Side, seed: int) -> None:
    loaded = side.loaded
    watched = _watched(loaded.run.id, loaded.step, seed, loaded)
    episode = watched.episode
    with st.container(horizontal=True, gap="large"):
        st.metric("Points", f"{episode.back:g}", width="content",
                  help=None if episode.over else f"After the first {playing.MOST:,} moves: the game goes on.")
        st.metric("Moves", f"{len(episode.actions):,}", width="content")
        _others(loaded, watched, seed)
    _film(side, watched, seed)
    _map(side, watched, seed)


@st.fragment
def _film(side: Side, watched: Watched, seed: int) -> None:
    """The film, and what the network looks at where it stands."""
    loaded = side.loaded
    at = player(watched, loaded.spec.actions, loaded.task.measured, key=f"{side.key}player{loaded.step}_{seed}",
                at=0, colour=side.colour, percent=loaded.run.params["task"] == "policy_gradient")
    looked = playing.look(loaded, watched.episode, min(at, len(watched.episode.actions) - 1))
    if looked is None:
        st.caption("This game is seen as plain numbers: there is no screen that the network looks at.")
        return
    st.caption(f"Move {at + 1}, where the film stands. Bright is where a little blur would change the answer most.")
    shown = zip(st.columns(2, gap="medium"), GLOW.items(), (looked.policy, looked.value), strict=True)
    for column, (title, colour), found in shown:
        column.image(_glowing(looked, found, colour), caption=title, width="stretch")


def _map(side: Side, watched: Watched, seed: int) -> None:
    """The episode's situations as the network's last hidden layer lays them out."""
    if len(watched.values) < FEWEST:
        return
    st.markdown("**What is alike to the network**")
    method = address.segments("Laid out by", f"{side.key}layout", ["PCA", "t-SNE"])
    points = _laid_out(side.loaded.run.id, side.loaded.step, seed, method, watched)
    names = side.loaded.spec.actions
    captions = [f"Move {i + 1}: {names[action]}, {value:.3g}"
                for i, (action, value) in enumerate(zip(watched.episode.actions, watched.values, strict=True))]
    sheet = np.asarray(Image.open(io.BytesIO(watched.sheet)))
    chart(figures.situations(points, watched.values, captions), key=f"{side.key}map", height=420,
          sheet=Sheet(sheet, watched.columns, watched.size),
          alt=f"{len(points)} situations of the episode, alike ones near each other, coloured by the expected return.")
    st.caption("Each point is a moment of this episode, placed by what the last hidden layer makes of it: what is near is "
               "alike to the network. Point at one to see its screen.")


def _others(loaded: Loaded, watched: Watched, seed: int) -> None:
    """What a random player and, where that is published, a human tester make of the game."""
    if watched.human is not None:
        st.metric("A random player", f"{watched.random:g}", width="content", help="Published, on the mean.")
        st.metric("A human tester", f"{watched.human:g}", width="content", help="Published, on the mean.")
    else:
        st.metric("A random player", f"{_at_random(loaded.run.id, seed, loaded):g}", width="content",
                  help="Who moves at random in the same episode.")


@st.cache_data(max_entries=8, show_spinner="The agent plays …")
def _watched(run_id: str, step: int, seed: int, _loaded: Loaded) -> Watched:
    return playing.watch(_loaded, seed)


@st.cache_data(max_entries=20, show_spinner="Laying out the situations …")
def _laid_out(run_id: str, step: int, seed: int, method: Method, _watched: Watched) -> np.ndarray:
    return project(_watched.features, method)[0]


@st.cache_data(max_entries=100, show_spinner=False)
def _at_random(run_id: str, seed: int, _loaded: Loaded) -> float:
    return playing.at_random(_loaded, seed)


def _glowing(looked: Looked, found: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    """The screen in half its light, with the map over it; small ones enlarged."""
    height, width = looked.screen.shape[:2]
    share = Image.fromarray(found / max(float(found.max()), 1e-12)).resize((width, height), Image.Resampling.BILINEAR)
    mixed = 0.55 * looked.screen + 0.9 * np.asarray(share)[:, :, None] * np.array(colour)
    return mixed.clip(0, 255).astype(np.uint8)
