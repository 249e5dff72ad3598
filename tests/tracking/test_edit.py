"""What people write on runs is where MLflow keeps it."""

from __future__ import annotations

import pytest

from core.errors import UserError
from core.experiment import Experiment
from core.tracking import edit, read, store, write

pytestmark = pytest.mark.usefixtures("ready_store")


@pytest.fixture
def run_id(ready_store: None) -> str:
    return write.create_run(Experiment.make("classification", "mlp", "digits"))


def run() -> read.Run:
    return read.runs()[0]


def test_stars_archive_notes_and_names_are_written_and_taken_back(run_id: str) -> None:
    edit.star([run_id], True)
    edit.archive([run_id], True)
    edit.write_note(run_id, " looks *good* ")
    edit.rename(run_id, "ours")
    assert edit.starred(run()) and edit.archived(run())
    assert (edit.note(run()), run().name) == ("looks *good*", "ours")
    theirs = store.client().get_run(run_id)
    assert theirs.data.tags["mlflow.note.content"] == "looks *good*"  # where MLflow's own UI shows it
    assert theirs.info.run_name == "ours"
    edit.star([run_id], False)
    edit.archive([run_id], False)
    edit.write_note(run_id, "")
    assert not edit.starred(run()) and not edit.archived(run()) and edit.note(run()) == ""


def test_taking_away_what_is_not_there_changes_nothing(run_id: str) -> None:
    edit.star([run_id], False)
    edit.write_note(run_id, "")
    assert not edit.starred(run())


def test_tags_are_one_line_that_says_all_of_them(run_id: str) -> None:
    edit.write_tags(run(), 'good, owner = Ada, "why=a, b"')
    assert {name: run().tags[name] for name in ("good", "owner", "why")} == {"good": "", "owner": "Ada", "why": "a, b"}
    edit.write_tags(run(), edit.tags_text(run()))
    assert run().tags["why"] == "a, b"
    edit.write_tags(run(), "owner=Bea")
    assert edit.tags_text(run()) == "owner=Bea"
    assert "glassbox.experiment" in run().tags


@pytest.mark.parametrize(("wrong", "said"), [
    (lambda run_id: edit.rename(run_id, " "), "needs a name"),
    (lambda run_id: edit.write_note(run_id, "x" * 6000), "make the text shorter"),
    (lambda run_id: edit.write_tags(run(), "mlflow.user=me"), "a program's own tag"),
    (lambda run_id: edit.write_tags(run(), "a?=b"), "did not take this"),
    (lambda run_id: edit.keep_named("view", " ", "find=a"), "needs a name"),
    (lambda run_id: edit.star(["f" * 32], True), "did not take this"),
])
def test_what_can_not_be_written_is_a_sentence(run_id: str, wrong, said: str) -> None:
    with pytest.raises(UserError, match=said):
        wrong(run_id)


def test_views_are_kept_by_any_name_and_deleted() -> None:
    for name in ("best", "Größe: 50 % ~ of/all.", "最好"):
        edit.keep_named("view", name, f"find={name}")
    assert edit.named("view") == {name: f"find={name}" for name in ("Größe: 50 % ~ of/all.", "best", "最好")}
    edit.keep_named("view", "best", "sort=name")
    edit.forget_named("view", "最好")
    assert edit.named("view")["best"] == "sort=name" and len(edit.named("view")) == 2


def test_views_and_layouts_are_kept_apart() -> None:
    edit.keep_named("view", "best", "sort=name")
    edit.keep_named("layout", " best ", "charts=heat&axes=")
    assert edit.named("view") == {"best": "sort=name"} and edit.named("layout") == {"best": "charts=heat&axes="}
    edit.forget_named("layout", "best")
    assert edit.named("layout") == {} and edit.named("view")


@pytest.mark.parametrize(("name", "address", "told"), [
    ("", "charts=heat", "needs a name"), ("a" * 61, "charts=heat", "at most 60"), ("large", "x" * 6000, "too large"),
])
def test_a_layout_that_the_store_would_not_take_is_refused(name: str, address: str, told: str) -> None:
    with pytest.raises(UserError, match=told):
        edit.keep_named("layout", name, address)
    assert edit.named("layout") == {}
