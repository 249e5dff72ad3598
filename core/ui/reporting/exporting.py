"""A report as one HTML file that works without network, and as PDF through a Chromium on the server."""

from __future__ import annotations

import html
import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import plotly
import plotly.graph_objects as go

from core.errors import UserError
from core.plots.style import template
from core.tracking.reports import Content
from core.ui.page import exact
from core.ui.reporting import showing

_ROOM = Path(__file__).parent
_LIBRARY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PDF_SECONDS = 90
# The file itself forbids every request, so that nothing in it can ask the network for anything.
_POLICY = "default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


def page_html(content: Content, *, library: str = "") -> str:
    """The report as a page of its own. `library`: where it finds Plotly, to present it from here; else that is within."""
    figures: list[dict] = []
    parts = []
    for slide in showing.slides(content):
        blocks = []
        for block in slide:
            what = showing.shown(block)
            inner = f"<b>{html.escape(what.title)}</b>" if what.title else ""
            inner += what.html
            if what.figure:
                inner += (f'<div class="chart" role="img" aria-label="{html.escape(what.title)}" '
                          f'data-figure="{len(figures)}"></div>')
                figures.append(_read(what.figure.update_layout(template=None, height=None)))
            if what.rows:
                inner += showing.table_html(what)
            if what.pictures:
                inner += showing.pictures_html(what)
            if what.note:
                inner += f'<p class="note">{html.escape(what.note)}</p>'
            blocks.append(f'<div class="block">{inner}</div>')
        parts.append(f"<section>{''.join(blocks)}</section>")
    styles = {name: _read(go.Figure(layout={"template": template(name == "dark")}))["layout"]["template"]
              for name in ("light", "dark")}
    told = json.dumps({"figures": figures, "present": bool(library), "templates": styles}).replace("<", "\\u003c")
    plotly_script = (f'<script src="{html.escape(library)}"></script>' if library else
                     f"<script>{_LIBRARY.read_text()}</script>") if figures else ""
    policy = "" if library else f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    title = html.escape(content.title)
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">{policy}<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><style>{(_ROOM / "report.css").read_text()}</style></head>
<body><main><header><div><h1>{title}</h1><p class="when">{exact(time.time())[:16]}</p></div>
<button type="button">Present</button></header>
{"".join(parts)}</main>
<div class="bar"><button type="button" aria-label="Back">←</button><output></output>
<button type="button" aria-label="On">→</button><button type="button" aria-label="End the presentation">✕</button></div>
<script type="application/json" id="told">{told}</script>
{plotly_script}<script>{(_ROOM / "report.js").read_text()}</script></body></html>"""


def browser() -> str | None:
    """The Chromium of this server that can print; None where there is none."""
    return next(filter(None, map(shutil.which, _BROWSERS)), None)


def pdf(content: Content) -> bytes:
    """The report as Chromium prints it. Raises `UserError` where it did not."""
    with tempfile.TemporaryDirectory(prefix="glassbox-report-") as folder:
        page, made = Path(folder, "report.html"), Path(folder, "report.pdf")
        page.write_text(page_html(content))
        command = [
            browser() or "chromium", "--headless", "--disable-gpu", "--no-pdf-header-footer",
            f"--user-data-dir={folder}/profile", "--virtual-time-budget=10000", f"--print-to-pdf={made}", page.as_uri(),
        ]
        if os.geteuid() == 0:
            command.insert(1, "--no-sandbox")  # Chromium's sandbox refuses the superuser; the page is ours and asks nothing
        try:
            subprocess.run(command, capture_output=True, timeout=PDF_SECONDS, check=True)
            return made.read_bytes()
        except (OSError, subprocess.SubprocessError) as error:
            raise UserError("The PDF could not be made on this server: download the HTML file, open it and print it."
                            ) from error


def _read(figure: go.Figure) -> dict:
    return json.loads(figure.to_json())
