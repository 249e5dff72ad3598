"""What every page has: the opening, the badge of a run's state, and the way that times and numbers are written."""

from __future__ import annotations

import math
import runpy
import time
from datetime import datetime
from typing import NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.pages_manager import PagesManager

from core.home import PROJECT


class State(NamedTuple):
    """How a run's state is shown: a word, a colour of the theme, a Material symbol."""

    label: str
    colour: str
    icon: str


STATES = {
    "SCHEDULED": State("waiting", "gray", ":material/schedule:"),
    "RUNNING": State("running", "blue", ":material/play_arrow:"),
    "FINISHED": State("finished", "green", ":material/check:"),
    "FAILED": State("failed", "red", ":material/error:"),
    "KILLED": State("stopped", "orange", ":material/stop:"),
}


def through_router() -> None:
    """Makes sure that app.py runs around this page. `opening` does it; a page calls it where it draws before its opening.

    Where the first visitor of a server asks for a page by its address, Streamlit takes pages/ for its old kind of app and
    skips app.py. Then app.py is run now, and the page once more within it.
    """
    if PagesManager.uses_pages_directory:
        runpy.run_path(str(PROJECT / "app.py"))
        st.stop()


def opening(title: str, sentence: str) -> DeltaGenerator:
    """The top of a page: its title and one sentence on what it is for.

    Returns: the place at the right (below, on a phone) for the page's one main action.
    """
    through_router()
    words, action = st.columns([3, 1], vertical_alignment="center")
    with words:
        st.title(title, anchor=False)
        st.markdown(f":gray[{sentence}]")
    return action.container(horizontal=True, horizontal_alignment="right")


def badge(state: str) -> None:
    """The state of a run as a small coloured word."""
    shown = STATES[state]
    st.badge(shown.label, icon=shown.icon, color=shown.colour)


def badge_text(state: str) -> str:
    """The same badge as Markdown, for use within a line of text."""
    shown = STATES[state]
    return f":{shown.colour}-badge[{shown.icon} {shown.label}]"


def dark() -> bool:
    """Whether the person looks at the dark theme."""
    return st.context.theme.type == "dark"


def device_name(kind: str, name: str) -> str:
    """A device in words: a GPU's own name says what it is, a processor's (`x86_64`) does not."""
    return f"CPU ({name})" if kind == "cpu" else name


def ago(moment: float, now: float | None = None) -> str:
    """A moment (Unix seconds) as the time since: `just now`, `3 min ago`, `2 d ago`."""
    seconds = (time.time() if now is None else now) - moment
    return "just now" if seconds < 10 else " ".join(duration(seconds).split()[:2]) + " ago"


def exact(moment: float) -> str:
    """A moment (Unix seconds) in full, in the server's time zone: `2026-11-24 08:01:12`."""
    return datetime.fromtimestamp(moment).strftime("%Y-%m-%d %H:%M:%S")


def duration(seconds: float) -> str:
    """A span of time in its two largest units: `8 s`, `3 min 20 s`, `2 h 05 min`, `3 d 4 h`."""
    seconds = max(0, round(seconds))
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60:02d} s"
    if seconds < 86_400:
        return f"{seconds // 3600} h {seconds % 3600 // 60:02d} min"
    return f"{seconds // 86_400} d {seconds % 86_400 // 3600} h"


def count(value: float) -> str:
    """A large number in few digits: `950`, `61.7 k`, `3.2 M`, `1.5 G`."""
    for step, unit in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if abs(value) >= step * 0.9995:
            return f"{value / step:.3g}{unit}"
    return f"{value:.0f}"


def memory(size: float) -> str:
    """A number of bytes: `512 B`, `3.1 MB`, `1.5 GB` (powers of 1000)."""
    for step, unit in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if size >= step:
            return f"{size / step:.3g} {unit}"
    return f"{size:.0f} B"


def number(value: float) -> str:
    """A setting or a measured number with at most four significant digits: `0.002`, `1e-05`, `12,345`, `0.4871`."""
    if isinstance(value, bool) or not math.isfinite(value):
        return str(value)
    if value == round(value) and abs(value) < 1e15:
        return f"{value:,.0f}"
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"


def is_share(measure: str) -> bool:
    """Whether it is told in per cent."""
    return ("accuracy" in measure or measure.endswith(("_error_rate", "calibration_error", "exact_match", "f1"))
            or measure.startswith(("precision_", "recall_", "diversity_")))


def plain(text: str) -> str:
    """Text that a person or a model wrote, of which Markdown must make nothing."""
    return "".join(f"\\{sign}" if sign in r"\`*_[]<>$:~#|" else sign for sign in text)


WRITTEN = {  # with a spelling of their own
    "f1": "F1", "bleu": "BLEU", "chrf": "chrF", "cider": "CIDEr", "psnr": "PSNR", "ssim": "SSIM", "frechet": "Fréchet",
    "kid": "KID", "swd": "SWD", "set12": "Set12", "bsd68": "BSD68", "random": "(random features)",
    "inception": "(Inception)", "elbo": "ELBO", "kl": "KL", "auc": "AUC", "l1": "L1", "ab": "ab",
}


def measure_words(name: str) -> str:
    """What a person calls a measure within a sentence: `test accuracy`, `hole PSNR`."""
    return " ".join(WRITTEN.get(word, word) for word in name.replace("/", " ").replace("_", " ").split(" "))


def measure_title(name: str) -> str:
    """The same over a figure or a chart: `Test accuracy`, `Loss`, `Validation F1`."""
    first, *others = measure_words(name).split(" ")
    return " ".join([first if first in WRITTEN.values() else first.capitalize(), *others])


def measure(name: str, value: float) -> str:
    """A measure with its unit: accuracies, error rates and the like in per cent, PSNR in dB, a bound and its parts in nats,
    all else as `number`."""
    kind = name.rsplit("/", 1)[-1]
    if is_share(kind):
        return f"{100 * value:.2f} %"
    if "psnr" in kind:
        return f"{value:.2f} dB"
    if kind in ("elbo", "log_likelihood", "kl"):
        return f"{value:,.2f} nats"
    return number(value)
