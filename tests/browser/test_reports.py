"""Reports in Chromium: the exported file without network, its slides, and those of the page."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from core.experiment import Experiment
from core.jobs import queue
from core.tracking import reports
from core.tracking.reports import Chart, Content, Table, Words


@pytest.fixture
def report(the_apps_store, until) -> str:
    """A report on one finished run, with two headings: made once."""
    if kept := reports.every():
        return kept[0].id
    run = queue.submit(Experiment.make("classification", "mlp", "digits", training={"epochs": 1}))[0]
    until(run, lambda run: run.state == "FINISHED")
    return reports.create(Content(title="What we found", blocks=(
        Words(text="## Curves"), Chart(runs=(run,), metric="train/loss"), Words(text="## Figures"), Table(runs=(run,)),
    )))


def test_the_exported_file_needs_no_network_and_is_presented_by_keys(
    page: Page, browser: Browser, report: str, settle, photograph, tmp_path: Path
) -> None:
    page.goto(f"/reports?report={report}&edit=true")
    settle(page)
    photograph(page, "reports-edit")
    page.goto(f"/reports?report={report}")
    settle(page)
    photograph(page, "reports")
    with page.expect_download() as download:
        page.get_by_role("button", name="HTML").click()
    file = tmp_path / "report.html"
    download.value.save_as(file)

    context = browser.new_context(offline=True)
    alone, asked, faults = context.new_page(), [], []
    alone.on("request", lambda request: asked.append(request.url))
    alone.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    alone.on("pageerror", lambda error: faults.append(str(error)))
    alone.goto(file.as_uri())
    expect(alone.locator(".chart .scatterlayer .trace")).to_have_count(1)
    expect(alone.get_by_role("cell", name="Multilayer perceptron on Digits, seed 0")).to_be_visible()
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == [] and faults == []

    alone.get_by_role("button", name="Present").click()
    expect(alone.get_by_role("heading", name="What we found")).to_be_visible()
    expect(alone.get_by_role("heading", name="Curves")).to_be_hidden()
    alone.keyboard.press("ArrowRight")
    expect(alone.get_by_role("heading", name="Curves")).to_be_visible()
    expect(alone.locator(".chart")).to_be_visible()
    alone.keyboard.press("End")
    expect(alone.get_by_role("heading", name="Figures")).to_be_visible()
    alone.keyboard.press("ArrowLeft")
    expect(alone.get_by_text("2 of 3")).to_be_visible()
    alone.keyboard.press("Escape")
    expect(alone.get_by_role("heading", name="Figures")).to_be_visible()
    expect(alone.get_by_role("heading", name="Curves")).to_be_visible()
    context.close()


def test_the_page_presents_full_screen_escape_ends_it_and_the_report_is_deleted(page: Page, report: str, settle) -> None:
    page.goto(f"/reports?report={report}")
    settle(page)
    page.get_by_role("button", name="Present").click()
    slides = page.frame_locator("iframe.presentation")
    expect(slides.get_by_role("heading", name="What we found")).to_be_visible()
    page.wait_for_function("document.fullscreenElement?.className === 'presentation'")
    page.keyboard.press("ArrowRight")
    expect(slides.locator(".chart .scatterlayer .trace")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator("iframe.presentation")).to_have_count(0)
    page.wait_for_url(lambda url: "present" not in url)
    settle(page)
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("No report yet")).to_be_visible()
