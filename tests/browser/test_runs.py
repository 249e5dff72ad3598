"""The Runs page in Chromium: a run watched live without a flicker, stopped, resumed, and deleted."""

import re

import pytest
from playwright.sync_api import Page, expect

from core.experiment import Experiment
from core.jobs import queue
from core.tracking import read

STOP = re.compile("Stop$")  # and not the filter for those "stopped"


@pytest.fixture
def running(the_apps_store, until) -> str:
    """A run that trains for as long as a test may take."""
    run_id, = queue.submit(Experiment.make("classification", "mlp", "digits", training={"epochs": 9000, "previews": 200}))
    until(run_id, lambda run: "validation/loss" in run.metrics)
    yield run_id
    if run_id in [run.id for run in read.runs_in_state("RUNNING")]:
        queue.stop(run_id)
        until(run_id, lambda run: run.state in read.ENDED)


def test_a_live_run_draws_on_in_place_and_is_stopped_resumed_and_deleted(page: Page, running, settle, photograph, until):
    page.goto(f"/runs?run={running}")
    settle(page)
    chart = page.get_by_role("img", name="Loss over the run")
    expect(chart).to_be_visible()
    page.wait_for_function("() => document.querySelector('.chart')?.calcdata")
    count = "document.querySelector('.chart').calcdata.reduce((count, line) => count + line.length, 0)"
    before = page.evaluate(f"() => {{ window.kept = document.querySelector('.chart'); return {count}; }}")
    page.wait_for_function(f"(before) => {count} > before", arg=before)
    assert page.evaluate("() => window.kept === document.querySelector('.chart')")  # updated, not made anew
    expect(page.get_by_text(re.compile(r"step [\d,]+ of [\d,]+ · epoch")).first).to_be_visible()
    photograph(page, "run-live")

    for tab in ("Settings", "Data and code", "Device", "Log"):
        page.get_by_role("tab", name=tab).click()
    expect(page.get_by_text("parameters", exact=False).last).to_be_visible()  # the log's first lines

    page.get_by_role("button", name=STOP).click()
    expect(page.get_by_text("resume goes on from there", exact=False)).to_be_visible(timeout=30_000)
    stopped = read.run(running)
    page.get_by_role("button", name="Resume").click()
    until(running, lambda run: run.step > stopped.step)
    page.get_by_role("button", name=STOP).click()
    expect(page.get_by_role("button", name="Delete")).to_be_visible(timeout=30_000)
    page.get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("goes, with its curves", exact=False)).to_be_visible()
    dialog.get_by_role("button", name="Delete").click()
    page.wait_for_url(re.compile("/runs$"))
    settle(page)
    assert running not in [run.id for run in read.runs()]


def test_the_queue_and_the_ended_runs(page: Page, running, settle, photograph, until):
    waiting, = queue.submit(Experiment.make("classification", "mlp", "digits", training={"epochs": 1}))
    page.goto("/runs")
    settle(page)
    expect(page.get_by_text("next in the queue")).to_be_visible()
    expect(page.get_by_text(re.compile("samples/s")).first).to_be_visible()
    photograph(page, "runs")
    page.get_by_role("link", name="Multilayer perceptron").first.click()
    page.wait_for_url(re.compile(rf"/runs\?run={running}"))
    page.get_by_role("link", name="All runs").click()
    expect(page.get_by_role("heading", name="Runs")).to_be_visible()
    settle(page)
    stop = page.get_by_role("button", name=STOP)
    expect(stop).to_have_count(1)  # what the run's own view left has gone
    stop.click()
    until(waiting, lambda run: run.state == "FINISHED")
    expect(page.get_by_text("2 runs", exact=True)).to_be_visible()  # the page followed by itself
    photograph(page, "runs-ended")


def test_a_run_that_is_not_there_is_a_sentence(page: Page, settle):
    page.goto("/runs?run=" + "f" * 32)
    settle(page)
    expect(page.get_by_text("There is no run", exact=False)).to_be_visible()
    page.get_by_role("link", name="All runs").click()
    page.wait_for_url(re.compile("/runs$"))
    expect(page.get_by_role("heading", name="Runs")).to_be_visible()
