"""The Compare page in Chromium: runs chosen from the table, and an address that shows another person the same."""

import math
import re
from pathlib import Path

import pytest
from mlflow.entities import Metric
from playwright.sync_api import Browser, Page, expect

from core.experiment import Experiment
from core.jobs import queue
from core.tracking import read, store


@pytest.fixture
def runs(the_apps_store, until) -> list[str]:
    """Two finished perceptrons that differ in their width: trained once."""
    if trained := read.runs():
        return [run.id for run in reversed(trained)]
    made = [
        queue.submit(Experiment.make("classification", "mlp", "digits", model={"width": width}, training={"epochs": 3}))[0]
        for width in (16, 128)
    ]
    for run_id in made:
        until(run_id, lambda run: run.state == "FINISHED")
    return made


def test_runs_are_compared_and_the_address_shows_another_person_the_same(
    page: Page, browser: Browser, app: str, runs, settle, photograph
):
    page.goto(f"/compare?runs={','.join(runs)}")
    settle(page)
    chart = page.get_by_role("img", name=re.compile("of 2 runs along the step"))
    expect(chart).to_be_visible()
    page.get_by_role("radio", name="epoch").click()
    page.wait_for_url(re.compile("x=epoch"))
    page.get_by_role("button", name="y", exact=True).click()
    page.wait_for_url(re.compile("log=y"))
    slider = page.get_by_role("slider", name=re.compile("Smoothing")).first
    slider.focus()
    for _ in range(5):
        slider.press("ArrowRight")
    page.wait_for_url(re.compile(r"smooth=0\.05"))
    settle(page)
    photograph(page, "compare")

    other = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    other.goto(page.url)
    settle(other)
    drawn = """() => {
        const { data, layout } = document.querySelector('.chart') ?? {};
        return data && [data.map((line) => line.name ?? null), layout.yaxis.type, layout.xaxis.title.text];
    }"""
    other.wait_for_function(drawn)
    assert other.evaluate(drawn) == page.evaluate(drawn)
    assert page.evaluate(drawn)[1:] == ["log", "epoch"]
    assert len([name for name in other.evaluate(drawn)[0] if name.endswith(", raw")]) == 2  # behind the smoothed ones
    other.context.close()

    page.locator("[class*=st-key-without_] button").first.click()
    page.wait_for_url(re.compile(rf"runs={runs[1]}(&|$)"))
    settle(page)
    expect(page.get_by_role("img", name=re.compile("of 1 runs along the epoch"))).to_be_visible()


def test_without_a_choice_the_table_is_open(page: Page, runs, settle, photograph):
    page.goto("/compare")
    settle(page)
    expect(page.get_by_text("Choose the runs to compare")).to_be_visible()
    expect(page.get_by_role("grid", name="Runs")).to_be_visible()
    photograph(page, "compare-choose")
    page.get_by_role("grid", name="Runs").locator(".body .row .state").first.click()  # a click on a row ticks it
    page.wait_for_url(re.compile("runs=[0-9a-f]{32}(&|$)"))
    settle(page)
    expect(page.get_by_role("img", name=re.compile("of 1 runs"))).to_be_visible()


def test_a_zoom_brings_detail_and_a_chart_is_had_as_table_and_files(
    page: Page, the_apps_store, runs, settle, tmp_path: Path, photograph
):
    long = "validation/loss"
    for start in range(1000, 6000, 1000):
        store.client().log_batch(runs[0], metrics=[Metric(long, math.sin(step / 50), 1000 * step, step)
                                                   for step in range(start, start + 1000)])
    page.goto(f"/compare?runs={','.join(runs)}&metric={long}&charts=curves,boxes")
    settle(page)
    chart = page.locator(".chart").first
    expect(page.get_by_text(re.compile("logged points, picked so that"))).to_be_visible()
    within = """([low, high]) => document.querySelector('.chart')._fullData.flatMap((line) => [...line.x])
        .filter((step) => step > low && step < high).length"""
    page.wait_for_function("document.querySelector('.chart')?._fullLayout")
    box = chart.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + box["width"] / 10, y, steps=4)
    page.mouse.up()
    seen = "document.querySelector('.chart')._fullLayout.xaxis.range"
    zoomed = page.evaluate(seen)
    assert 300 < zoomed[1] - zoomed[0] < 1000
    page.wait_for_function(f"([low, high]) => ({within})([low, high]) >= high - low - 2", arg=zoomed)  # every step of them
    assert page.evaluate(seen) == zoomed

    frame = page.locator(".chart-frame").first
    menu = frame.get_by_label("Data and image of this chart")

    def had(words: str) -> bytes:
        menu.click()
        with page.expect_download() as download:
            frame.get_by_role("button", name=words).click()
        path = tmp_path / download.value.suggested_filename
        download.value.save_as(path)
        return path.read_bytes()

    assert had("Image as PNG").startswith(b"\x89PNG")
    assert had("Image as SVG").startswith(b"<svg")
    lines = had("Data as CSV").decode().splitlines()
    assert lines[0] == "name,step,Validation loss" and len(lines) > 1000
    menu.click()
    frame.get_by_role("button", name="Data as a table").click()
    expect(frame.get_by_role("columnheader", name="Validation loss")).to_be_visible()
    photograph(page, "compare-table")
