"""The table of runs in Chromium: two thousand runs searched, ranked, ticked, edited and scrolled through."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.tracking import edit, read
from tests.benchmarks.make_store import fill

RUNS = 2000


@pytest.fixture
def ids(home: Path, the_apps_store) -> list[str]:
    """The runs of a large store, newest first."""
    return [run.id for run in read.runs()] or fill(home, RUNS, 10 * RUNS)


def test_runs_are_found_ranked_ticked_and_scrolled_through_with_few_rows_drawn(page: Page, ids, settle, photograph):
    page.goto("/runs")
    settle(page)
    grid, said = page.get_by_role("grid", name="Runs"), page.locator(".said")
    rows = grid.locator(".body .row")
    expect(said).to_have_text("2,000 runs")

    # Found: a name is offered, a mistake is marked, and what is right narrows the table.
    page.keyboard.press("/")
    field = page.get_by_role("combobox", name="Find runs")
    expect(field).to_be_focused()
    field.press_sequentially("metrics.test/acc")
    page.get_by_role("option", name="metrics.test/accuracy").click()
    expect(field).to_have_value("metrics.test/accuracy ")
    field.press_sequentially("> lots")
    expect(page.locator(".marks mark")).to_have_text("lots")
    expect(page.locator(".mistake")).to_contain_text("Expected here: a number")
    expect(said).to_have_text("2,000 runs")
    field.fill("metrics.test/accuracy > 0.9 and params.architecture = 'lenet'")
    expect(said).to_have_text(re.compile(r"^\d{3} of 2,000 runs$"))
    page.wait_for_url(re.compile("find=metrics"))
    field.fill("")
    expect(said).to_have_text("2,000 runs")

    # Ranked: the best on top.
    page.get_by_role("columnheader", name="Result").locator(".name").click()
    page.wait_for_url(re.compile("sort=-result"))
    best = max(read.runs(), key=lambda run: run.metrics["test/accuracy"])
    expect(rows.first).to_contain_text(best.name)
    expect(page.get_by_role("columnheader", name="Result")).to_have_attribute("aria-sort", "descending")

    # Ticked, a range at once, and by keyboard.
    rows.nth(0).locator(".tick").click()
    rows.nth(2).locator(".tick").click(modifiers=["Shift"])
    expect(page.locator(".acts")).to_contain_text("3 ticked")
    grid.press("ArrowDown")
    grid.press(" ")
    expect(page.locator(".acts")).to_contain_text("4 ticked")
    page.wait_for_url(re.compile("runs=([0-9a-f]{32}(%2C)?){4}"))

    # Starred and noted, in the table.
    grid.press("s")
    grid.press("n")
    page.get_by_role("textbox", name=re.compile("The note of")).fill("worth a look")
    page.keyboard.press("Enter")
    expect(page.get_by_text("worth a look")).to_have_count(1)
    photograph(page, "runs-table")

    # Scrolled through, to the last of them.
    expect(grid).to_have_attribute("aria-rowcount", "2001")
    grid.focus()
    grid.press("Control+End")
    worst = min(read.runs(), key=lambda run: run.metrics["test/accuracy"])
    expect(grid.locator(f'[aria-rowindex="{RUNS + 1}"]')).to_contain_text(worst.name)
    assert rows.count() < 60
    noted, = (run for run in read.runs() if edit.note(run))
    assert edit.note(noted) == "worth a look" and edit.starred(noted)

    # Compared.
    page.get_by_role("button", name="Compare", exact=True).click()
    page.wait_for_url(re.compile("/compare.*runs="))
    settle(page)
    expect(page.get_by_text("Change the choice of 4 runs")).to_be_visible()


def test_a_link_shows_another_person_the_same_groups_and_columns(page: Page, ids, settle):
    page.goto("/runs?grouped=params.training.learning_rate&columns=run,result,metrics.test/accuracy")
    settle(page)
    grid = page.get_by_role("grid", name="Runs")
    expect(page.locator(".said")).to_have_text("2,000 runs in 7 groups")
    expect(grid.locator(".row.group")).to_have_count(7)
    grid.locator(".row.group").first.click()
    page.wait_for_url(re.compile("opened="))
    expect(grid.locator(".body .row").nth(1).locator("a")).to_be_visible()

    header = page.get_by_role("columnheader", name="Test accuracy")
    header.hover()
    header.locator(".more").click()
    page.get_by_role("menuitemradio", name="Best value").click()
    page.wait_for_url(re.compile("accuracy%40best"))
    grid.get_by_text("Test accuracy, highest").drag_to(grid.get_by_text("Result", exact=True))
    page.wait_for_url(re.compile("columns=run%2Cmetrics.test%2Faccuracy%40best%2Cresult"))

    grid.locator(".body .row a").first.click()
    page.wait_for_url(re.compile("run=[0-9a-f]{32}"))
    page.go_back()
    settle(page)
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    lines = Path(download.value.path()).read_text().splitlines()
    assert len(lines) == RUNS + 1
    assert lines[0] == "run_id,run,metrics.test/accuracy@best,result"
