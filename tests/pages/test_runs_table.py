"""The table of runs under AppTest: what it asks for stands in the address; what a person does to it is done once."""

from __future__ import annotations

import io
import json
import math

import pandas as pd
import pytest
from mlflow.entities import Metric
from streamlit.testing.v1 import AppTest

from core.errors import UserError
from core.experiment import Experiment
from core.tracking import edit, read, store, write
from core.ui import run_columns, runs_table
from tests.pages.driving import address_of, column_of, opened, ran, table_of

SHOWN = ("run", "result", "launched")


def made(seed: int = 0, rate: float = 0.1, losses: tuple[float, ...] = (), **metrics: float) -> str:
    value = Experiment.make("classification", "mlp", "digits", training={"learning_rate": rate}, seed=seed)
    run_id = write.create_run(value)
    points = [Metric(name.replace("__", "/"), value, 0, 0) for name, value in metrics.items()]
    store.client().log_batch(run_id, [*points, *(Metric("train/loss", loss, i, 10 * i) for i, loss in enumerate(losses))])
    write.finish(run_id, "FINISHED")
    return run_id


def seeds_of(page: AppTest) -> list[str]:
    return [name[-1] for name in column_of(page, "Run")]


def test_only_a_window_of_the_rows_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs_table, "WINDOW", 2)
    for seed in range(5):
        made(seed)
    table = table_of(opened("runs"))
    assert (table["total"], table["start"], len(table["rows"])) == (5, 0, 2)


def test_runs_are_ranked_with_those_that_have_no_value_last() -> None:
    for seed, value in enumerate((0.5, math.nan, 0.9, math.inf)):
        made(seed, test__other=value)
    made(4)
    shown = {"columns": "run,metrics.test/other"}
    assert seeds_of(opened("runs", sort="metrics.test/other", **shown)) == ["0", "2", "3", "4", "1"]
    assert seeds_of(opened("runs", sort="-metrics.test/other", **shown)) == ["3", "2", "0", "4", "1"]


def test_a_metric_is_shown_as_it_was_last_at_best_or_at_a_step() -> None:
    made(losses=(0.9, 0.3, 0.7), validation__accuracy=0.5)
    page = opened("runs", columns=",".join(f"metrics.train/loss{when}" for when in ("", "@best", "@15", "@0")))
    assert table_of(page)["rows"][0]["cells"] == ["0.7", "0.3", "0.3", "0.9"]
    assert [column["title"] for column in table_of(page)["columns"]] == [
        "Train loss", "Train loss, lowest", "Train loss, step 15", "Train loss, step 0"]


def test_groups_have_mean_and_spread_and_open_into_their_runs() -> None:
    for seed, (rate, accuracy) in enumerate(((0.1, 0.9), (0.1, 0.92), (0.01, 0.8))):
        made(seed, rate, test__accuracy=accuracy)
    by = {"grouped": "params.training.learning_rate", "columns": "run,result,params.seed", "sort": "-result"}
    page = opened("runs", opened="0.1", **by)
    rows = table_of(page)["rows"]
    assert [row.get("group", "run") for row in rows] == ["0.1", "run", "run", "0.01"]
    assert rows[0]["count"] == 2
    assert rows[0]["cells"][1:] == ["91.0 ± 1.4 % accuracy", ""]
    assert rows[3]["cells"][1:] == ["80.00 % accuracy", "2"]
    assert [row["cells"][2] for row in rows[1:3]] == ["1", "0"]
    assert table_of(page)["said"] == "3 runs in 2 groups"


def test_what_is_archived_is_hidden_unless_asked_for() -> None:
    edit.archive([made(0)], True)
    edit.star([made(1)], True)
    made(2)
    assert seeds_of(opened("runs")) == ["2", "1"]
    assert seeds_of(opened("runs", state_is="archived")) == ["0"]
    assert seeds_of(opened("runs", state_is="starred")) == ["1"]


def test_a_mistake_in_the_search_is_marked_and_the_runs_stay() -> None:
    made()
    table = table_of(opened("runs", find="lenet and metrics.loss > x"))
    assert (table["mistake"]["start"], table["mistake"]["end"]) == (25, 26)
    assert "Expected here: a number" in table["mistake"]["said"]
    assert table["total"] == 1


def test_columns_that_nobody_knows_are_left_out() -> None:
    made()
    page = opened("runs", columns="run,nothing,params.training.epochs,state", sort="nonsense", grouped="nonsense")
    assert [column["id"] for column in table_of(page)["columns"]] == ["run", "params.training.epochs", "state"]


def test_names_of_columns_pass_through_the_address() -> None:
    names = ["run", "metrics.größe, 50 %@best", "params.a b", "tags.x/y"]
    assert run_columns.named(run_columns.written(names)) == names


def test_views_are_saved_opened_by_what_they_hold_and_deleted() -> None:
    made()
    page = opened("runs", sort="-result", find="mlp", runs="f" * 32)
    page.session_state["views_box"] = True
    ran(page)
    page.text_input("view_name").set_value("best first")
    ran(page.button("save_view").click())
    assert edit.named("view") == {"best first": "find=mlp&sort=-result"}
    page = opened("runs", find="other", runs="f" * 32)
    page.session_state["views_box"] = True
    ran(page)
    ran(page.button("view_best first").click())
    assert address_of(page) == {"find": "mlp", "sort": "-result", "runs": "f" * 32}
    page.session_state["views_box"] = True
    ran(page)
    ran(page.button("delete_view_best first").click())
    assert edit.named("view") == {}


def test_what_is_found_is_exported_with_figures_as_logged() -> None:
    run_id = made(test__accuracy=0.123456789)
    made(1)
    asked = runs_table.Asked(columns=("run", "metrics.test/accuracy", "params.dataset", "launched"), sort="run")
    what = runs_table.found(asked, read.ENDED, SHOWN, False)
    table = pd.read_parquet(io.BytesIO(runs_table.exported(what, "Parquet")))
    assert table.columns.tolist() == ["run_id", "run", "metrics.test/accuracy", "params.dataset", "launched"]
    assert table["run_id"][0] == run_id and table["metrics.test/accuracy"][0] == 0.123456789
    assert str(table["launched"].dtype).endswith("UTC]") and table["launched"][0].timestamp() == read.run(run_id).created
    assert pd.read_csv(io.BytesIO(runs_table.exported(what, "CSV")))["params.dataset"].tolist() == ["digits", "digits"]
    assert [row["metrics.test/accuracy"] for row in json.loads(runs_table.exported(what, "JSON"))] == [0.123456789, None]


def told(*acts: dict, ticks: bool = False, **address: str) -> AppTest:
    """A script to which the browser tells these acts."""

    def script(acts: list[dict], ticks: bool) -> None:
        from functools import partial

        import streamlit as st

        from core.tracking import read
        from core.ui import runs_table

        st.session_state["table"] = {"told": {"acts": acts, "typed": None}}
        look = partial(runs_table.found, runs_table.Asked.of_address(), read.ENDED, ("run", "launched"), False)
        runs_table._told("table", ticks, look)

    page = AppTest.from_function(script, kwargs={"acts": list(acts), "ticks": ticks}, default_timeout=60)
    for name, value in address.items():
        page.query_params[name] = value
    return ran(page)


def test_acts_are_done_once_each_and_in_their_order() -> None:
    run_id = made()
    acts = [
        {"n": 5, "kind": "note", "id": run_id, "text": "first"}, {"n": 6, "kind": "note", "id": run_id, "text": "second"},
        {"n": 7, "kind": "star", "ids": [run_id], "on": True}, {"n": 8, "kind": "run", "id": run_id, "text": "ours"},
        {"n": 9, "kind": "tags", "id": run_id, "text": "good"}, {"n": 10, "kind": "archive", "ids": [run_id], "on": True},
        {"n": 11, "kind": "sort", "id": "result", "downward": True}, {"n": 12, "kind": "columns", "ids": ["run", "note"]},
        {"n": 13, "kind": "toggle", "group": "0.1"},
    ]
    page = told(*acts)
    run = read.run(run_id)
    assert (edit.note(run), edit.starred(run), run.name, edit.archived(run)) == ("second", True, "ours", True)
    assert run.tags["good"] == ""
    assert address_of(page) == {"sort": "-result", "columns": "run,note", "opened": "0.1"}
    edit.write_note(run_id, "third")
    ran(page)
    assert edit.note(read.run(run_id)) == "third"


def test_ticks_of_rows_and_ranges_stand_in_the_address() -> None:
    ids = [made(seed) for seed in range(4)][::-1]
    page = told({"n": 1, "kind": "tick", "ids": [ids[0]], "on": True},
                {"n": 2, "kind": "range", "from": 3, "to": 2, "on": True},
                {"n": 3, "kind": "tick", "ids": [ids[2]], "on": False}, ticks=True)
    assert address_of(page)["runs"].split(",") == [ids[0], ids[3]]
    assert page.session_state["table_go"] == "page"


def test_what_can_not_be_done_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = made()
    assert "needs a name" in told({"n": 1, "kind": "run", "id": run_id, "text": " "}).session_state["table_refused"]
    monkeypatch.setattr(runs_table, "MOST_TICKED", 0)
    refused = told({"n": 1, "kind": "tick", "ids": [run_id], "on": True}).session_state["table_refused"]
    assert "search for fewer" in refused
    with pytest.raises(UserError):
        edit.rename(run_id, "")


def test_a_click_opens_and_ticked_runs_are_compared() -> None:
    run_id = made()
    assert told({"n": 1, "kind": "open", "id": run_id}).session_state["table_go"] == ("runs", {"run": run_id})
    assert told({"n": 1, "kind": "compare"}, runs=run_id).session_state["table_go"] == ("compare", {"runs": run_id})


def test_whether_more_is_better_follows_from_the_tasks_and_the_names() -> None:
    from core.ui import tables

    assert [tables.more_is_better(name) for name in ("test/accuracy", "validation/psnr", "test/swd", "train/loss",
                                                     "test/word_error_rate", "their own score")] == [
        True, True, False, False, False, True]
