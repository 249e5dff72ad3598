"""The atlas under AppTest, from app.py as a person meets it."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core import catalog
from core.datasets.base import Availability
from core.experiment import Experiment
from core.jobs import queue
from core.tracking import read, store, write

APP = Path(__file__).resolve().parents[2] / "app.py"


def atlas(**address: str) -> AppTest:
    page = AppTest.from_file(str(APP), default_timeout=60)
    page.switch_page("pages/atlas.py")
    for name, text in address.items():
        page.query_params[name] = text
    page.run()
    assert not page.exception, page.exception[0].message
    return page


def words(page: AppTest) -> str:
    return "\n".join(shown.value for shown in (*page.markdown, *page.subheader, *page.error, *page.caption))


def links(page: AppTest) -> dict[str, str]:
    return {link.proto.label: link.proto.page + "?" + link.proto.query_string for link in page.get("page_link")}


def finished(accuracy: float, architecture: str = "mlp", **sections: dict) -> str:
    run_id, = queue.submit(Experiment.make("classification", architecture, "digits", **sections))
    store.client().log_metric(run_id, "validation/accuracy", accuracy)
    store.client().log_metric(run_id, "test/accuracy", accuracy - 0.01)
    write.finish(run_id, "FINISHED", "")
    return run_id


def test_every_architecture_has_a_card_in_the_order_of_time():
    page = atlas()
    cards = [cls.card for cls in catalog.entries("architecture").values()]
    assert [shown.value for shown in page.subheader] == [card.title for card in cards]
    assert [card.year for card in cards] == sorted(card.year for card in cards)
    for card in cards:
        assert card.beginner in words(page)
        assert card.expert not in words(page)


def test_an_opened_card_says_everything():
    for name, cls in catalog.entries("architecture").items():  # one test: the drawings of all cards are made only once
        card, page = cls.card, atlas(architecture=name)
        shown = words(page)
        for said in (card.beginner, card.expert, card.people, f"[{card.paper}]({card.url})"):
            assert said in shown
    page.button("close").click().run()
    assert card.expert not in words(page) and "architecture" not in page.query_params


def test_what_a_task_is_best_met_with_comes_first():
    fits = {"dcgan": "faces", "lenet": "digits", "mlp": "digits"}
    page = atlas()
    labels = {button.key: button.label for button in page.button}
    for name, dataset in fits.items():
        card = catalog.get("dataset", dataset).card
        if catalog.get("dataset", dataset)(catalog.get("dataset", dataset).Settings()).availability().ready:
            assert labels[f"train_{name}"] == f"Train on {card.title}"


def test_an_unknown_architecture_is_answered_with_the_nearest():
    page = atlas(architecture="lenett")
    assert "did you mean 'lenet'" in words(page)
    assert "architecture" not in page.query_params


def test_the_best_run_of_each_data_set_is_linked_by_its_validation_and_shown_by_its_test():
    finished(0.8)
    best = finished(0.9)
    lenet = finished(0.95, "lenet")
    shown = links(atlas())
    assert "Digits · **89.00 % accuracy**" in shown and shown["Digits · **89.00 % accuracy**"].endswith(f"run={best}")
    assert shown["Digits · **94.00 % accuracy**"].endswith(f"run={lenet}")
    assert not any("79.00 %" in label for label in shown)


def test_the_button_trains_the_recipe_and_goes_to_the_live_view():
    page = atlas(architecture="lenet")
    page.button("train_lenet").click().run()
    run, = read.runs_in_state("SCHEDULED")
    assert run.experiment == Experiment.make("classification", "lenet", run.experiment.dataset)
    assert page.query_params["run"] in (run.id, [run.id])


def test_where_no_data_set_is_here_the_card_says_what_lacks(monkeypatch: pytest.MonkeyPatch):
    for cls in catalog.entries("dataset").values():
        monkeypatch.setattr(cls, "availability", lambda self: Availability(False, "Put the file there."))
    page = atlas()
    assert "Put the file there." in words(page)
    assert not [button for button in page.button if (button.key or "").startswith("train_")]
