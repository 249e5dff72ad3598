"""Reports in the store: there and back, versions, and one that someone else has changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.errors import UserError
from core.tracking import reports, store
from core.tracking.reports import Chart, Content, Pictures, Table, Words

CONTENT = Content(title="Überblick", blocks=(
    Words(text="## Eins\n\n*zwei*"), Chart(runs=("a", "b"), metric="train/loss", axis="epoch", smoothing=0.5, log_y=True),
    Table(runs=("a",), shows="settings"), Pictures(runs=("a",), preview="samples", step=0),
))


@pytest.fixture(autouse=True)
def somewhere(ready_store) -> None:
    """Reports are kept in the test's own store."""


def test_a_report_comes_back_as_it_was_kept() -> None:
    made = reports.create(CONTENT)
    content, entry = reports.load(made)
    assert content == CONTENT
    assert (entry.id, entry.title, entry.version) == (made, "Überblick", 1)
    assert reports.every() == [entry]


def test_any_mlflow_client_finds_the_report_and_reads_it(tmp_path: Path) -> None:
    made, client = reports.create(CONTENT), store.client()
    experiment = client.get_experiment_by_name("glassbox-reports")
    (run,) = client.search_runs([experiment.experiment_id])
    assert (run.info.run_id, run.info.run_name, run.info.status) == (made, "Überblick", "FINISHED")
    assert json.loads(Path(client.download_artifacts(made, "report.json", str(tmp_path))).read_text())["blocks"][0] == {
        "kind": "words", "text": "## Eins\n\n*zwei*"}


def test_each_change_is_a_version_and_none_is_lost() -> None:
    made = reports.create(CONTENT)
    changed = CONTENT.model_copy(update={"title": "Another", "blocks": ()})
    assert reports.save(made, changed, 1) == 2
    assert reports.load(made)[0] == changed and reports.load(made, 1)[0] == CONTENT
    assert [entry.title for entry in reports.every()] == ["Another"]


def test_what_someone_else_has_changed_is_not_overwritten() -> None:
    made = reports.create(CONTENT)
    reports.save(made, CONTENT, 1)
    with pytest.raises(UserError, match="Someone else has changed"):
        reports.save(made, CONTENT, 1)


def test_what_is_no_report_or_deleted_says_so() -> None:
    made = reports.create(CONTENT)
    reports.delete(made)
    assert reports.every() == []
    with pytest.raises(UserError, match="was deleted"):
        reports.load(made)
    with pytest.raises(UserError, match="no report"):
        reports.load("f" * 32)
    with pytest.raises(UserError, match="is no report"):
        reports.load(store.client().create_run(store.experiment_id()).info.run_id)


def test_a_deleted_experiment_of_reports_comes_back() -> None:
    reports.create(CONTENT)
    store.client().delete_experiment(store.client().get_experiment_by_name("glassbox-reports").experiment_id)
    assert reports.load(reports.create(CONTENT))[0] == CONTENT


def test_blocks_move_as_far_as_there_are_any() -> None:
    a, b, c = (Words(text=text) for text in "abc")
    assert reports.moved((a, b, c), 0, 1) == (b, a, c)
    assert reports.moved((a, b, c), 2, -1) == (a, c, b)
    assert reports.moved((a, b, c), 0, -1) == (a, b, c)
