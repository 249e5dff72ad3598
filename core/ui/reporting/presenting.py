"""A report as slides over the whole window."""

from __future__ import annotations

import streamlit as st

from core.tracking.reports import Content
from core.ui.chart import library
from core.ui.reporting import exporting

_JS = """
export default function ({ data, setTriggerValue }) {
  const old = document.querySelector("iframe.presentation");
  if (old?.told === data.html) return;
  old?.remove();
  const frame = document.createElement("iframe");
  frame.className = "presentation";
  frame.title = "Presentation";
  frame.allow = "fullscreen";
  frame.told = data.html;
  frame.srcdoc = data.html;
  frame.style.cssText = "position:fixed;inset:0;width:100vw;height:100vh;border:0;z-index:1000000;background:Canvas";
  const end = (event) => {
    if (event.source !== frame.contentWindow || event.data !== "glassbox-report-end") return;
    if (document.fullscreenElement) document.exitFullscreen();
    setTriggerValue("end", true);
  };
  // Full screen where the click that led here still counts as one; else the slides fill the window.
  const left = () => { if (!document.fullscreenElement) setTriggerValue("end", true); };
  frame.onload = () => {
    frame.contentWindow.focus();
    frame.requestFullscreen?.().then(() => {
      frame.contentWindow.focus();
      document.addEventListener("fullscreenchange", left);
    }, () => {});
  };
  addEventListener("message", end);
  document.body.append(frame);
  return () => {
    removeEventListener("message", end);
    document.removeEventListener("fullscreenchange", left);
    frame.remove();
  };
}
"""
_slides = st.components.v2.component("glassbox_presentation", js=_JS)


def present(content: Content) -> None:
    """Shows the slides until the person ends them."""
    _slides(data={"html": exporting.page_html(content, library=library())}, key="presentation", on_end_change=_end)


def _end() -> None:
    st.query_params.pop("present", None)
