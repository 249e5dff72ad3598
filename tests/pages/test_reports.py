"""The Reports page under AppTest: started, edited, shown, exported."""

from __future__ import annotations

import shutil

import pytest
from streamlit.testing.v1 import AppTest

from core.tracking import read, reports, store
from core.tracking.reports import Chart, Content, Pictures, Table, Verdict, Words
from core.ui.reporting import exporting, showing, start
from tests.pages.driving import address_of, opened, ran, words
from tests.pages.test_compare import compared, trained


def kept(*blocks: reports.Block, title: str = "A report") -> str:
    return reports.create(Content(title=title, blocks=blocks))


def edited(report_id: str) -> AppTest:
    return opened("reports", report=report_id, edit="true")


def blocks(report_id: str) -> tuple[reports.Block, ...]:
    return reports.load(report_id)[0].blocks


def pressed(page: AppTest, start_of_key: str) -> AppTest:
    return ran(next(button for button in page.button if (button.key or "").startswith(start_of_key)).click())


def seen(page: AppTest) -> str:
    return "\n".join(html.proto.body for html in page.get("html"))


def test_without_reports_it_says_how_to_start_one() -> None:
    page = opened("reports")
    assert "No report yet" in words(page)
    ran(page.button[0].click())
    made = address_of(page)["report"]
    assert reports.load(made)[0].title == "Untitled report"


def test_a_link_shows_the_report_and_a_wrong_one_says_so() -> None:
    runs = trained([0.9, 0.95])
    made = kept(Words(text="*Hello* <script>alert(1)</script>"), Table(runs=tuple(runs)),
                Chart(runs=tuple(runs), metric="train/loss"))
    page = opened("reports", report=made)
    assert page.title[0].value == "A report"
    assert "<em>Hello</em> &lt;script&gt;" in seen(page) and "95.00 %" in seen(page)
    assert "There is no report" in words(opened("reports", report="f" * 32))


def test_blocks_are_added_moved_changed_and_taken_away() -> None:
    run = trained([0.9])[0]
    made = kept(Words(text="one"), Table(runs=(run,)))
    page = pressed(edited(made), "add_Chart")
    assert blocks(made)[2] == Chart(runs=(run,), metric="validation/accuracy")
    pressed(page, "up_2_")
    assert [block.kind for block in blocks(made)] == ["words", "chart", "table"]
    ran(page.text_area[0].set_value("two"))
    ran(page.text_area[0].set_value("three"))
    assert blocks(made)[0] == Words(text="three")
    ran(next(box for box in page.selectbox if box.label == "Measure").select("train/loss"))
    ran(next(slider for slider in page.slider if slider.label == "Smoothing").set_value(0.5))
    assert blocks(made)[1] == Chart(runs=(run,), metric="train/loss", smoothing=0.5)
    pressed(page, "away_1_")
    assert [block.kind for block in blocks(made)] == ["words", "table"]
    ran(page.text_input[0].set_value("Better title"))
    assert reports.every()[0].title == "Better title"
    ran(next(button for button in page.button if button.label == "Take the last change back").click())
    assert reports.every()[0].title == "A report"


def test_what_someone_else_changed_meanwhile_is_kept_and_what_was_typed_is_shown() -> None:
    made = kept(Words(text="mine"))
    page = edited(made)
    reports.save(made, Content(title="A report", blocks=(Words(text="theirs"),)), 1)
    ran(page.text_area[0].set_value("mine, changed"))
    assert "Someone else has changed this report" in words(page)
    assert page.code[0].value == "mine, changed" and page.text_area[0].value == "theirs"
    assert blocks(made) == (Words(text="theirs"),)


def test_the_verdict_on_two_groups_stands_in_a_report_with_its_method() -> None:
    runs = trained([0.90, 0.91, 0.93], epochs=3) + trained([0.95, 0.95, 0.96], epochs=9)
    made = kept(Table(runs=tuple(runs)))
    page = pressed(edited(made), "add_Is it really better?")
    assert blocks(made)[1] == Verdict(runs=tuple(runs), metric="test/accuracy")
    assert "<strong>Epochs 9</strong> is better than <strong>Epochs 3</strong> by 4.00 percentage points" in seen(page)
    assert "paired t-test (Student 1908)" in seen(page)
    ran(next(box for box in page.selectbox if box.label == "First group").select("Epochs 3"))
    assert blocks(made)[1].first == "Epochs 3"


def test_a_report_is_started_from_the_compare_page() -> None:
    runs = trained([0.9, 0.95])
    page = compared(*runs)
    ran(next(button for button in page.button if button.label == "New report from these runs").click())
    (entry,) = reports.every()
    assert [block.kind for block in blocks(entry.id)] == ["words", "words", "chart", "words", "table", "table"]
    assert all(block.runs == tuple(runs) for block in blocks(entry.id) if block.kind != "words")


def test_a_report_is_duplicated() -> None:
    made = kept(Words(text="one"))
    page = opened("reports", report=made)
    ran(next(button for button in page.button if button.label == "Duplicate").click())
    assert sorted(entry.title for entry in reports.every()) == ["A report", "A report, a copy"]


def test_runs_that_are_gone_are_named_and_the_rest_is_shown() -> None:
    first, second = trained([0.9, 0.95])
    store.client().delete_run(second)
    what = showing.shown(Table(runs=(first, second)))
    assert len(what.rows) == 2 and f"Run {second} was deleted." in what.note
    assert showing.shown(Pictures(runs=(first,), preview="samples")).note.startswith("Not kept by")


def test_a_heading_begins_a_slide_and_without_any_each_block_is_one() -> None:
    chart = Chart(metric="train/loss")
    text = "## One\ntext\n\n```\n# no heading\n```\n\n# Two"
    content = Content(title="", blocks=(Words(text="before"), Words(text=text), chart))
    assert showing.slides(content) == [[Words(text="before")], [Words(text="## One\ntext\n\n```\n# no heading\n```\n")],
                                       [Words(text="# Two"), chart]]
    assert showing.slides(Content(title="", blocks=(Words(text="a"), chart))) == [[Words(text="a")], [chart]]


def test_a_persons_words_bring_no_script_and_nothing_from_elsewhere() -> None:
    text = "<img src=x onerror=alert(1)> [a](javascript:alert(1)) ![p](https://example.com/p.png) [b](https://example.com)"
    made = exporting.page_html(Content(title="<script>", blocks=(Words(text=text),)))
    assert "<img src=x" not in made and "href=\"javascript" not in made and 'src="https' not in made
    assert '<a href="https://example.com">b</a>' in made and "<title>&lt;script&gt;</title>" in made


@pytest.mark.skipif(exporting.browser() is None, reason="no Chromium here")
def test_chromium_prints_the_report_as_pdf() -> None:
    content = start.of([read.run(run) for run in trained([0.9, 0.95])])
    printed = exporting.pdf(content)
    assert printed.startswith(b"%PDF-") and printed.rstrip().endswith(b"%%EOF") and len(printed) > 10_000


def test_without_chromium_it_says_how_to_print(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert "For a PDF, open the HTML file and print it." in words(opened("reports", report=kept(Words(text="one"))))
