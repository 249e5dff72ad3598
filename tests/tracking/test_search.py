"""The filter language: what it finds is what MLflow's own search finds; mistakes point at their place."""

from __future__ import annotations

import math
import re
import shutil

import pytest
from mlflow.entities import Metric, Param, RunTag

from core.experiment import Experiment
from core.tracking import read, search, store, write
from core.tracking.run import Run

CASES = [
    "metrics.test/accuracy > 0.9",
    "metrics.test/accuracy >= 0.9 and params.architecture = \"mlp\"",
    "metrics.`test/accuracy` != 0.9",
    "metric.loss < 1e-1",
    "metrics.loss != 0.5",
    "metrics.loss = 0.5",
    "metrics.never > 0",
    "params.architecture != 'lenet'",
    "params.architecture LIKE 'le%'",
    "params.architecture LIKE 'LE%'",
    "params.architecture ILIKE 'LE_et'",
    "param.note LIKE '%a.b%'",
    "params.note IS NULL",
    "parameters.note IS NOT NULL",
    "tags.team = 'blue and red'",
    "tags.`the team` = \"it's ours\"",
    "tag.team != 'green'",
    "attributes.status = 'FINISHED'",
    "status != 'FINISHED' AND metrics.loss < 2",
    "attributes.run_name ILIKE '%second%'",
    "run.run_name = 'first'",
    "attributes.`run name` = 'first'",
    "attr.start_time > 0",
    "created <= 0",
]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, fresh_store) -> list[Run]:
    """Three runs: in what they have, what they lack, and what is no number."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("searched")
        shutil.copy(fresh_store, folder / "mlflow.db")
        patch.setenv("GLASSBOX_HOME", str(folder))
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        client = store.client()
        told = [
            ("first", "lenet", {"test/accuracy": 0.95, "loss": 0.5}, {"team": "blue and red"}, {"note": "x a.b y"}),
            ("the SECOND", "mlp", {"test/accuracy": 0.9, "loss": math.nan}, {"the team": "it's ours"}, {}),
            ("third", "mlp", {"loss": 0.05}, {"team": "green"}, {"note": "aXb"}),
        ]
        for name, architecture, metrics, tags, params in told:
            run_id = write.create_run(Experiment.make("classification", architecture, "digits"))
            client.update_run(run_id, name=name)
            client.log_batch(run_id, [Metric(key, value, 0, 0) for key, value in metrics.items()],
                             [Param(*pair) for pair in params.items()], [RunTag(*pair) for pair in tags.items()])
        client.set_terminated(read.runs()[-1].id, "FINISHED")
        yield read.runs()


def named(runs: list[Run]) -> list[str]:
    return sorted(run.name for run in runs)


@pytest.mark.parametrize("text", CASES)
def test_it_finds_what_mlflow_finds(runs: list[Run], text: str) -> None:
    quoted = re.sub(r"(?<=\.)\w+/\w+", "`\\g<0>`", text)  # which MLflow asks for
    theirs = store.client().search_runs([store.experiment_id()], quoted)
    assert named(search.find(runs, text)) == sorted(run.info.run_name for run in theirs)


def test_lists_of_ids_are_found_as_mlflow_finds_them(runs: list[Run]) -> None:
    for sign in ("IN", "NOT IN"):
        text = f"attributes.run_id {sign} ('{runs[0].id}', '{runs[1].id}')"
        theirs = store.client().search_runs([store.experiment_id()], text)
        assert {run.id for run in search.find(runs, text)} == {run.info.run_id for run in theirs}


@pytest.mark.parametrize(("text", "found"), [
    ("", ["first", "the SECOND", "third"]),
    ("lenet", ["first"]),
    ("MLP second", ["the SECOND"]),
    ("architecture mlp", ["the SECOND", "third"]),
    ('"x a.b"', ["first"]),
    ("blue or green", ["first", "third"]),
    ("not lenet and not green", ["the SECOND"]),
    ("(first or second) metrics.test/accuracy > 0.92", ["first"]),
    ("first or second metrics.test/accuracy > 0.92", ["first"]),
    ("metrics.loss<0.1 or metrics.test/accuracy>0.92", ["first", "third"]),
    ("params.training.batch_size >= 1", ["first", "the SECOND", "third"]),
    ("params.architecture > 1", []),
    ("params.architecture in ('lenet', 'gpt')", ["first"]),
    ("params.architecture not like 'le%'", ["the SECOND", "third"]),
    ("metrics.test/accuracy is null", ["third"]),
    ("attributes.end_time is null", ["the SECOND", "third"]),
    ("status", []),
])
def test_what_goes_beyond_mlflow(runs: list[Run], text: str, found: list[str]) -> None:
    assert named(search.find(runs, text)) == found


@pytest.mark.parametrize(("text", "marked", "said"), [
    ("metrics.a > ", "", "a number"),
    ("metrics.a > 'b'", "'b'", "compare it with one"),
    ("lenet metrics.a 3", "3", "Expected here: =, !=, < or >"),
    ("params.a = lenet", "lenet", 'such as "lenet"'),
    ('params.a = "len', '"len', "never closed"),
    ("params.a > 'b'", ">", "LIKE or IN"),
    ("metrics.a like 'b'", "metrics.a", "is a number"),
    ("status > 3", "3", "put it in quotes"),
    ("accuracy > 0.9", "accuracy >", "names begin with metrics."),
    ("> 0.9", ">", "begins with a name"),
    ("(lenet or mlp", "", "a closing bracket"),
    ("lenet )", ")", "never opened"),
    ("lenet or", "", "a name such as"),
    ("attributes.colour = 'red'", "attributes.colour", "There is no attribute colour"),
])
def test_a_mistake_points_at_its_place(text: str, marked: str, said: str) -> None:
    with pytest.raises(search.Mistake, match=said) as caught:
        search.condition(text)
    assert text[caught.value.start:caught.value.end] == marked
    if not marked:
        assert caught.value.start == len(text)


@pytest.mark.parametrize(("text", "first"), [
    ("", "metrics."),
    ("metrics.te", "metrics.test/accuracy"),
    ("accur", "metrics.test/accuracy"),
    ("lenet and params.arch", "params.architecture"),
    ("metrics.loss ", ">"),
    ("metrics.loss >", ">="),
    ("params.architecture ", "="),
    ("params.architecture =", None),
    ("params.architecture = ", '"mlp"'),
    ("params.architecture = 'le", '"lenet"'),
    ("params.architecture in (", '"mlp"'),
    ("params.note ", "="),
    ("tags.the", "tags.`the team`"),
    ("tags.`the team` = ", "\"it's ours\""),
    ("status = ", '"SCHEDULED"'),
    ("metrics.loss > 3 ", "and"),
    ("metrics.loss > ", None),
    ("metrics.loss 3 ", None),
])
def test_what_may_follow_is_offered(runs: list[Run], text: str, first: str | None) -> None:
    assert next(iter(search.complete(text, len(text), runs).options), None) == first


def test_a_completion_takes_the_place_of_the_whole_piece(runs: list[Run]) -> None:
    text = "lenet metrics.acc > 3"
    found = search.complete(text, text.index("cc"), runs)
    assert text[found.start:found.end] == "metrics.acc"
