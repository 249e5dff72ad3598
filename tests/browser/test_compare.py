"""The Compare page in Chromium: runs chosen from the table, and an address that shows another person the same."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from core.experiment import Experiment
from core.jobs import queue
from core.tracking import read


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
    assert other.evaluate(drawn)[0].count(None) == 2  # raw lines behind the smoothed ones
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
