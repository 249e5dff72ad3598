"""The router: navigation, theme, the supervisor and the status line; nothing else."""

from __future__ import annotations

import gc
from pathlib import Path

import streamlit as st

# Before the slow imports below (torch, MLflow), so that a fresh server shows where things are at once.
ROOM = Path(__file__).parent / "core" / "ui"
st.set_page_config(page_title="Glassbox", page_icon=str(ROOM / "icon.svg"), layout="wide")
page = st.navigation([
    st.Page("pages/home.py", title="Home", icon=":material/home:", default=True),
    st.Page("pages/atlas.py", title="Atlas", icon=":material/timeline:"),
    st.Page("pages/launch.py", title="Launch", icon=":material/rocket_launch:"),
    st.Page("pages/data.py", title="Data", icon=":material/database:"),
    st.Page("pages/runs.py", title="Runs", icon=":material/monitoring:"),
    st.Page("pages/compare.py", title="Compare", icon=":material/stacked_line_chart:"),
    st.Page("pages/reports.py", title="Reports", icon=":material/article:"),
    st.Page("pages/inside.py", title="Inside", icon=":material/visibility:"),
])

from core.errors import UserError  # noqa: E402
from core.jobs import supervisor  # noqa: E402
from core.jobs.devices import devices  # noqa: E402
from core.tracking import read  # noqa: E402
from core.ui import chart  # noqa: E402
from core.ui.page import dark, device_name  # noqa: E402

LOGO = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 132 28" width="132" height="28" fill="none">
<g stroke="{accent}" stroke-width="1.8" stroke-linejoin="round" stroke-linecap="round">
<path d="M14 3 24 8.5v11L14 25 4 19.5v-11Z"/><path d="M4 8.5 14 14l10-5.5M14 14v11" opacity=".55"/></g>
<circle cx="14" cy="14" r="2.6" fill="{accent}"/>
<text x="34" y="19.5" fill="{ink}" font-size="17" font-weight="650" letter-spacing="-.2"
 font-family="Inter, system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif">Glassbox</text></svg>"""


@st.cache_resource(ttl=30, max_entries=1, show_spinner=False)
def ensure_supervisor() -> None:
    """Starts the supervisor where none lives; asked again at most every half minute, in case it was killed."""
    supervisor.ensure()


@st.cache_resource(max_entries=16, show_spinner=False)
def freeze(page: str) -> None:
    """Takes what the page's imports have brought out of garbage collection, which Streamlit forces after every refresh:
    half a million objects of torch, MLflow and Plotly, each time looked through in vain, kept half a core busy."""
    gc.collect()
    gc.freeze()


@st.fragment(run_every=4)
def status_line() -> None:
    """How much is running and waiting, and on what."""
    try:
        running, waiting = len(read.runs_in_state("RUNNING")), len(read.runs_in_state("SCHEDULED"))
    except UserError as error:
        st.caption(f":red[:material/error:] {error}")
        return
    if running or waiting:
        ensure_supervisor()
    work = f":primary[●] {running} running" if running else ":gray[○] Nothing is running"
    st.caption(
        work + (f" · {waiting} waiting" if waiting else "") + "  \n"
        + " · ".join(device_name(device.kind, device.name) for device in devices())
    )


st.html(ROOM / "look.css")
st.logo(LOGO.format(accent="#56B4E9" if dark() else "#0072B2", ink="#E4E8EC" if dark() else "#1B2026"), size="large")
chart.library()
try:
    page.run()
except UserError as error:  # what a page can't mend by itself (the store is away) is said where the person is
    st.error(str(error), icon=":material/error:")
ensure_supervisor()
freeze(page.title)
with st.sidebar:
    status_line()
