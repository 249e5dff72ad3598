"""The blocks of a report under a person's hands: added, changed, moved, taken away. Every change is a version of it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.errors import UserError
from core.tracking import read, reports
from core.tracking.reports import Block, Chart, Content, Pictures, Table, Verdict, Words
from core.ui import curves, page, previews
from core.ui.comparing import verdict
from core.ui.reporting import showing, start

OFFERED = 300  # runs that are offered by name: the newest; any other is typed by its id
KINDS: dict[str, tuple[str, Callable[[tuple[str, ...]], Block]]] = {
    "Words": (":material/notes:", lambda runs: Words(text="Write here.")),
    "Chart": (":material/show_chart:", lambda runs: Chart(runs=runs, metric=start.first_metric(_known(runs)))),
    "Results": (":material/table_chart:", lambda runs: Table(runs=runs)),
    "Settings that differ": (":material/difference:", lambda runs: Table(runs=runs, shows="settings")),
    "Is it really better?": (":material/balance:",
                             lambda runs: Verdict(runs=runs, metric=next(iter(_figures(_known(runs))), ""))),
    "Pictures": (":material/image:",
                 lambda runs: Pictures(runs=runs, preview=next(iter(start.pictures_of(_known(runs))), ""))),
}
BEST = "The best"
TABLES = {"results": "Final figures", "settings": "Settings that differ"}


def edit(report_id: str, content: Content, entry: reports.Entry) -> None:
    """The report with what changes it."""
    keep, key = _keeper(report_id, entry.version), _form(report_id, entry.version)
    title = st.text_input("Title", content.title, key=f"title_{key}", max_chars=200)
    if title.strip() and title != content.title:
        keep(content.model_copy(update={"title": title.strip()}), same_form=True)
    for i, block in enumerate(content.blocks):
        with st.container(border=True, key=f"block_{i}_{key}"):
            _tools(content, i, keep, key)
            changed = _FORMS[type(block)](block, f"{i}_{key}")
            if not isinstance(block, Words):
                showing.draw(showing.shown(block), f"{i}_{key}")
            if changed != block:
                keep(_with(content, [*content.blocks[:i], changed, *content.blocks[i + 1:]]), same_form=True)
    st.markdown("**Add a block**")
    used = tuple(dict.fromkeys(run for block in content.blocks for run in getattr(block, "runs", ())))
    with st.container(horizontal=True, key="add"):
        for name, (icon, make) in KINDS.items():
            if st.button(name, icon=icon, key=f"add_{name}"):
                keep(_with(content, [*content.blocks, make(used or tuple(run.id for run in read.runs()[:1]))]))
    if entry.version > 1:
        if st.button("Take the last change back", icon=":material/undo:", type="tertiary"):
            keep(reports.load(report_id, entry.version - 1)[0])


def _form(report_id: str, version: int) -> str:
    """What the names of all fields end with. They stay while one person changes what stands in them, so that the next field
    keeps the pointer; when blocks move, or someone else has changed the report, the fields are made anew from the store."""
    form = st.session_state.setdefault("report_form", {"report": report_id, "version": version, "number": 0})
    typed = st.session_state.pop("report_typed", "")
    if (form["report"], form["version"]) != (report_id, version):
        if typed and form["report"] == report_id:
            st.warning("Someone else has changed this report meanwhile: this is theirs. What you typed was not kept, and is "
                       "here to be copied.", icon=":material/group:")
            st.code(typed, language=None, wrap_lines=True)
        form.update(report=report_id, version=version, number=form["number"] + 1)
    return f"{report_id}_{form['number']}"


def _keeper(report_id: str, version: int) -> Callable[..., None]:
    def keep(content: Content, same_form: bool = False) -> None:
        try:
            kept = reports.save(report_id, content, version)
        except UserError as error:
            st.error(str(error), icon=":material/error:")
            return
        st.session_state.report_form["version"] = kept
        st.session_state.report_form["number"] += not same_form
        st.rerun()

    return keep


def _tools(content: Content, i: int, keep: Callable[..., None], key: str) -> None:
    """Buttons that move a block or take it away."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f":gray[{content.blocks[i].kind.capitalize()}]", width="stretch")
        for icon, what, by in (("arrow_upward", "up", -1), ("arrow_downward", "down", 1)):
            end = i == 0 if by < 0 else i == len(content.blocks) - 1
            if st.button("", icon=f":material/{icon}:", type="tertiary", key=f"{what}_{i}_{key}", disabled=end,
                         help=f"Move {what}"):
                keep(_with(content, reports.moved(content.blocks, i, by)))
        if st.button("", icon=":material/delete:", type="tertiary", key=f"away_{i}_{key}", help="Take this block away"):
            keep(_with(content, [*content.blocks[:i], *content.blocks[i + 1:]]))


def _with(content: Content, blocks) -> Content:
    return content.model_copy(update={"blocks": tuple(blocks)})


def _words(block: Words, key: str) -> Words:
    written, seen = st.columns(2, gap="medium")
    with written:
        name = f"words_{key}"
        text = st.text_area("Markdown", block.text, key=name, height="content", label_visibility="collapsed",
                            on_change=lambda: st.session_state.update(report_typed=st.session_state[name]),
                            
                            help="Headings with # and ## begin a slide. Also **bold**, *slanted*, lists, `code`, links.")
    with seen:
        showing.draw(showing.shown(Words(text=text)), f"seen_{key}")
    return Words(text=text)


def _chart(block: Chart, key: str) -> Chart:
    runs = _picked(block.runs, key)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        offered = start.metrics_of(_known(runs))
        metric = _one("Measure", offered, block.metric, f"metric_{key}")
        axis = st.selectbox("Along the bottom", curves.MORE_AXES, curves.MORE_AXES.index(block.axis),
                            key=f"axis_{key}", width=140)
        smoothing = st.slider("Smoothing", 0.0, 0.99, block.smoothing, 0.01, key=f"smoothing_{key}", width=200)
        log_y = st.toggle("Logarithmic", block.log_y, key=f"log_{key}")
    return Chart(runs=runs, metric=metric, axis=axis, smoothing=smoothing, log_y=log_y)


def _table(block: Table, key: str) -> Table:
    runs = _picked(block.runs, key)
    shows = st.segmented_control("Shows", list(TABLES), default=block.shows, required=True, key=f"shows_{key}",
                                 format_func=TABLES.__getitem__, label_visibility="collapsed")
    return Table(runs=runs, shows=shows)


def _verdict(block: Verdict, key: str) -> Verdict:
    runs = _picked(block.runs, key)
    known = _known(runs)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        if not (figures := _figures(known)):
            return block.model_copy(update={"runs": runs})
        by = _one("Groups by", verdict.settings_of(known), block.by or verdict.EXPERIMENTS, f"by_{key}",
                  verdict.setting_words)
        metric = _one("Figure", figures, block.metric, f"on_{key}")
        groups = list(verdict.grouped(known, by, metric))
        first, second = (
            st.selectbox(label, [BEST, *groups], groups.index(named) + 1 if named in groups else 0, width=240,
                         key=f"{label}_{by}_{key}")
            for label, named in (("First group", block.first), ("Second group", block.second)))
    return Verdict(runs=runs, metric=metric, by="" if by == verdict.EXPERIMENTS else by,
                   first="" if first == BEST else first, second="" if second == BEST else second)


def _figures(runs: list[read.Run]) -> list[str]:
    return verdict.metrics_of(runs) if runs else []


def _pictures(block: Pictures, key: str) -> Pictures:
    runs = _picked(block.runs, key)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        known = _known(runs)
        preview = _one("Preview", start.pictures_of(known), block.preview, f"preview_{key}", previews.words)
        steps = sorted({file.step for run in known for file in previews.files(run).get(preview, [])})
        step = block.step
        if len(steps) > 1:
            last = steps[-1]
            step = st.select_slider("Step", steps, max((s for s in steps if s <= (last if step is None else step)),
                                                       default=last), key=f"step_{key}", width=320)
            step = None if step == last and block.step is None else step
    return Pictures(runs=runs, preview=preview, step=step)


_FORMS = {Words: _words, Chart: _chart, Table: _table, Pictures: _pictures, Verdict: _verdict}


def _picked(chosen: tuple[str, ...], key: str) -> tuple[str, ...]:
    """The runs of a block: any of the newest, and those that it has."""
    names = {run.id: f"{run.name} ({run.id[:6]})" for run in [*_known(chosen), *read.runs()[:OFFERED]]}
    options = list(dict.fromkeys([*chosen, *names]))
    return tuple(st.multiselect("Runs", options, chosen, key=f"runs_{key}", format_func=lambda run: names.get(run, run),
                                accept_new_options=True, placeholder="Choose runs, or type an id"))


def _known(ids: tuple[str, ...]) -> list[read.Run]:
    found = []
    for run_id in ids:
        try:
            found.append(read.run(run_id))
        except UserError:
            continue  # the block says it where it is shown
    return found


def _one(label: str, options: list[str], chosen: str, key: str, words: Callable[[str], str] = page.measure_title) -> str:
    """One of the options, or what was chosen, although no run has it (any more)."""
    options = options if chosen in options or not chosen else [*options, chosen]
    return st.selectbox(label, options, options.index(chosen) if chosen in options else 0, key=key, format_func=words,
                        width=240, placeholder="There is none yet") or ""
