"""Reports: chosen charts, tables and pictures of runs with a person's words. The address names the report."""

from __future__ import annotations

import streamlit as st

from core.errors import UserError
from core.tracking import reports
from core.ui import page
from core.ui.reporting import editing, exporting, presenting, showing


def main() -> None:
    if report_id := st.query_params.get("report"):
        try:
            content, entry = reports.load(report_id)
        except UserError as error:
            page.opening("No such report", "It can't be shown.")
            st.error(str(error), icon=":material/error:")
            st.page_link("pages/reports.py", label="All reports", icon=":material/arrow_back:")
            return
        one(content, entry)
    else:
        every()


def every() -> None:
    action = page.opening("Reports", "Charts, tables and pictures of runs, with your own words: to keep, send and present.")
    with action:
        if st.button("New report", icon=":material/add:", type="primary"):
            go_to(reports.create(reports.Content(title="Untitled report", blocks=(
                reports.Words(text="## A heading\n\nWhat you want to say. Add charts, tables and pictures below."),))))
    found = reports.every()
    if not found:
        with st.container(border=True):
            st.markdown("#### No report yet\nStart one here, or choose runs on the Compare page and press *New report from "
                        "these runs*: then their curves, results and pictures are in it already.")
            st.page_link("pages/compare.py", label="Choose runs", icon=":material/stacked_line_chart:")
        return
    with st.container(border=True, gap="small"):
        for entry in found:
            with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
                st.page_link("pages/reports.py", label=entry.title, query_params={"report": entry.id}, width="content",
                             icon=":material/article:")
                st.caption(f"changed {page.ago(entry.changed)}", width="content", help=page.exact(entry.changed))


def one(content: reports.Content, entry: reports.Entry) -> None:
    page.through_router()
    if st.query_params.get("present") == "true":
        presenting.present(content)
    st.page_link("pages/reports.py", label="All reports", icon=":material/arrow_back:")
    st.title(content.title, anchor=False)
    with st.container(horizontal=True, vertical_alignment="center", key="actions"):
        st.session_state.edit = st.query_params.get("edit") == "true"
        edits = st.toggle("Edit", key="edit", on_change=keep_editing)
        if st.button("Present", icon=":material/slideshow:",
                     help="Slides over the whole screen: a heading begins one. Arrow keys go on and back, Escape ends."):
            st.query_params["present"] = "true"
            st.rerun()
        download(content)
        if st.button("Duplicate", icon=":material/content_copy:"):
            go_to(reports.create(content.model_copy(update={"title": f"{content.title}, a copy"})))
        if st.button("Delete", icon=":material/delete:"):
            confirm_deletion(entry.id, content.title)
        st.caption(f"changed {page.ago(entry.changed)}", width="content", help=page.exact(entry.changed))
    if edits:
        editing.edit(entry.id, content, entry)
        return
    if not content.blocks:
        st.caption("This report is empty: switch *Edit* on and add the first block.")
    for i, block in enumerate(content.blocks):
        showing.draw(showing.shown(block), f"{i}_{entry.id}")


def keep_editing() -> None:
    if st.session_state.edit:
        st.query_params["edit"] = "true"
    else:
        st.query_params.pop("edit", None)


def download(content: reports.Content) -> None:
    """One HTML file that works without network, and a PDF where this server can print one."""
    name = "".join(sign if sign.isalnum() else "-" for sign in content.title).strip("-").lower()[:60] or "report"
    st.download_button("HTML", lambda: exporting.page_html(content), f"{name}.html", "text/html", on_click="ignore",
                       icon=":material/download:", help="One file with all that is in it: it needs no network.")
    if exporting.browser():
        st.download_button("PDF", lambda: exporting.pdf(content), f"{name}.pdf", "application/pdf", on_click="ignore",
                           icon=":material/picture_as_pdf:", help="Takes some seconds.")
    else:
        st.caption("For a PDF, open the HTML file and print it.", width="content")


@st.dialog("Delete this report?", icon=":material/delete:")
def confirm_deletion(report_id: str, title: str) -> None:
    st.markdown(f"**{page.plain(title)}** goes. The runs that it shows stay.")
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Keep it"):
            st.rerun()
        if st.button("Delete", type="primary", key="really_delete"):
            reports.delete(report_id)
            st.query_params.clear()
            st.rerun()


def go_to(report_id: str) -> None:
    st.query_params.from_dict({"report": report_id, "edit": "true"})
    st.rerun()


main()
