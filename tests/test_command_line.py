"""`python -m core`, as real processes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import mlflow
import pytest
import torch

from core import catalog
from core.__main__ import main
from core.experiment import Experiment
from core.tracking import read, store, write
from tests.sounds import tone, wav

pytestmark = pytest.mark.usefixtures("ready_store")
PROJECT = Path(__file__).resolve().parents[1]


def glassbox(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-m", "core", *arguments], cwd=PROJECT, capture_output=True, text=True)


def test_train_and_show_leave_a_whole_mlflow_run(home: Path) -> None:
    trained = glassbox("train", "--task", "classification", "--architecture", "lenet", "--dataset", "digits",
                       "--set", "training.epochs=2", "model.width=1", "--wait")
    assert trained.returncode == 0, trained.stderr
    run_id = trained.stdout.strip()
    assert len(run_id) == 32 and int(run_id, 16)
    assert "FINISHED" in trained.stderr and "test/accuracy" in trained.stderr

    shown = json.loads(glassbox("show", run_id, "--json").stdout)
    assert shown["status"] == "FINISHED"
    assert shown["params"]["training.epochs"] == "2" and shown["params"]["model.width"] == "1.0"
    assert shown["metrics"]["test/accuracy"] > 0.8

    # What MLflow's own client sees, without any of our code.
    mlflow.set_tracking_uri(store.tracking_uri())
    run = mlflow.get_run(run_id)
    assert run.info.status == "FINISHED"
    assert run.inputs.dataset_inputs[0].dataset.name == "digits"
    assert run.inputs.dataset_inputs[0].dataset.digest
    assert {"system/process_cpu_percentage", "validation/accuracy", "train/loss"} <= set(run.data.metrics)
    assert run.data.tags["mlflow.source.git.commit"]
    places = {artifact.path for artifact in mlflow.artifacts.list_artifacts(run_id=run_id)}
    assert {"images", "checkpoints", "logs", "environment", "spec.json"} <= places
    model = mlflow.pytorch.load_model(f"runs:/{run_id}/model")
    assert model(torch.zeros(2, 1, 28, 28)).shape == (2, 10)


@pytest.mark.parametrize("words, sentence", [
    (["--dataset", "digts"], "did you mean 'digits'"),
    (["--dataset", "film-reviews"], "needs pictures"),
    (["--dataset", "digits", "--set", "training.epochs=0"], "training.epochs should be greater than or equal to 1, not '0'"),
    (["--dataset", "digits", "--set", "training.epoch=1"], "no setting 'training.epoch'"),
    (["--dataset", "digits", "--set", "epochs=1"], "--set takes NAME=VALUE"),
    (["--dataset", "digits", "--set", "nothing.epochs=1"], "no section 'nothing'"),
    (["--dataset", "digits", "--seeds", "0"], "--seeds should be between"),
])
def test_a_mistake_exits_2_with_one_sentence(home: Path, capsys, words: list[str], sentence: str) -> None:
    assert main(["train", "--task", "classification", "--architecture", "lenet", *words]) == 2
    said = capsys.readouterr().err.strip()
    assert sentence in said
    assert "\n" not in said
    assert read.runs() == []


@pytest.mark.parametrize("command", ["show", "stop", "resume"])
def test_an_unknown_run_is_said(home: Path, capsys, command: str) -> None:
    assert main([command, "0" * 32]) == 2
    assert "There is no run" in capsys.readouterr().err


@pytest.mark.parametrize("what, kind", [("architectures", "architecture"), ("datasets", "dataset"), ("tasks", "task")])
def test_list_names_the_whole_catalogue(capsys, what: str, kind: catalog.Kind) -> None:
    assert main(["list", what, "--json"]) == 0
    assert {entry["name"] for entry in json.loads(capsys.readouterr().out)} == set(catalog.entries(kind))


def test_doctor_is_content_with_a_fresh_home_and_says_when_the_store_is_away(home: Path, capsys, monkeypatch) -> None:
    assert main(["doctor", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["faults"] == [] and found["devices"][-1].startswith("cpu:0")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    assert main(["doctor", "--json"]) == 1
    assert "can't be reached" in json.loads(capsys.readouterr().out)["faults"][0]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Two features and a class; one row lacks a value."""
    path = tmp_path / "mine.csv"
    path.write_text("width,height,kind\n" + "".join(f"{i % 20},{i % 7},{'xy'[i // 30]}\n" for i in range(60)) + "1,,x\n")
    return path


@pytest.fixture
def others(tmp_path: Path) -> dict[tuple[str, str], tuple[list[str], str]]:
    """Texts, sounds in class folders and sounds with transcripts: for the task and the architecture that each is for, the
    command that adds it, and what that says."""
    texts = tmp_path / "texts.csv"
    texts.write_text("id,review,opinion\n" + "".join(
        f"{i},This is the text {i} of a film.,{'good' if i % 2 else 'bad'}\n" for i in range(40)))
    clips, spoken = tmp_path / "clips", tmp_path / "spoken"
    for name, hertz in (("high", 900), ("low", 300)):
        (clips / name).mkdir(parents=True)
        for i in range(10):
            (clips / name / f"{i}.wav").write_bytes(wav(tone(hertz + 9 * i, 0.4)))
    shutil.copytree(clips, spoken)
    (spoken / "said.csv").write_text("file,speaker,said\n" + "".join(
        f"{name}/{i}.wav,Ann,go {'up' if name == 'high' else 'down'}\n" for name in ("high", "low") for i in range(10)))
    return {
        ("text_classification", "lstm"): (["texts", str(texts), "--label", "opinion", "--text", "review"], "2 classes"),
        ("sound_classification", "speech-lstm"): (["clips", str(clips)], "2 classes; 16 train, 2 validation, 2 test"),
        ("speech_recognition", "speech-lstm"): (["spoken", str(spoken), "--text", "said"], "sounds; 16 train, 2 validation"),
    }


def test_a_text_is_added_and_has_no_column_of_classes(home: Path, tmp_path: Path, capsys) -> None:
    path = tmp_path / "plays.txt"
    path.write_text("".join(f"Speaker {i % 13}:\nLine {i}, and no more.\n\n" for i in range(600)))
    assert main(["add", "my-plays", str(path), "--label", "kind"]) == 2
    assert "--label is not for a running text" in capsys.readouterr().err
    assert main(["add", "my-plays", str(path)]) == 0
    printed = capsys.readouterr()
    size = len(path.read_text())
    assert printed.out.startswith(f"my-plays: {size:,} characters in windows; {(size * 90 // 100 - 1) // 64} train, ")
    assert "characters in UTF-8" in printed.err


def test_what_is_added_trains_as_any_other_and_its_run_is_read_after_it_was_removed(
    home: Path, table: Path, others: dict, capsys
) -> None:
    assert main(["add", "mine", str(table), "--label", "kind", "--leave-out", "--title", "My table", "--json"]) == 0
    printed = capsys.readouterr()
    added = json.loads(printed.out)
    assert added["classes"] == ["x", "y"] and added["shape"] == [2] and sum(added["sizes"].values()) == 60
    assert "1 of the 61 rows lack a value" in printed.err
    assert main(["list", "datasets", "--json"]) == 0
    assert ("mine", "My table") in [(row["name"], row["title"]) for row in json.loads(capsys.readouterr().out)]

    for arguments, printed in others.values():
        assert main(["add", *arguments]) == 0
        assert printed in capsys.readouterr().out

    training = {"epochs": 2, "previews": 1}
    run_id, *more = made = [
        write.create_run(Experiment.make("classification", "mlp", "mine", training=training)),
        *(write.create_run(Experiment.make(*names, arguments[0], model={"width": 4, "depth": 1}, training=training))
          for names, (arguments, _) in others.items()),
    ]
    for each in made:
        store.client().update_run(each, status="RUNNING")
    subprocess.run([sys.executable, "-c", WORKER_ON_FEW, *made], cwd=PROJECT)
    for other in map(read.run, more):
        assert other.state == "FINISHED", other.cause
        assert {"test/accuracy", "test/word_error_rate"} & set(other.metrics)
    assert main(["remove", "mine"]) == 0 and table.exists()
    run = read.run(run_id)
    assert run.state == "FINISHED", run.cause
    assert run.experiment.dataset == "mine" and read.spec(run_id).features == ("width", "height")
    assert main(["show", run_id]) == 0


def test_how_files_are_read_can_be_said_and_what_can_t_be_is_refused(home: Path, tmp_path: Path, capsys) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_text("".join(f"The dog {i} runs.\tLe chien {i} court.\n" for i in range(60)))
    assert main(["add", "mine", str(path), "--source-language", "column 2", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["kind"] == "pairs"
    assert main(["add", "other", str(path), "--as", "sounds"]) == 2
    assert "can't be read as 'sounds': take pairs or features or sentences" in capsys.readouterr().err
    assert main(["add", "other", str(path), "--label", "column 1"]) == 2
    assert "--label is not for sentences and translations" in capsys.readouterr().err


@pytest.mark.parametrize("words, sentence", [
    (["mine", "TABLE"], "1 of the 61 rows lack a value, or have too few or too many cells. With --leave-out"),
    (["mine", "TABLE", "--leave-out", "--label", "knd"], "has no column 'knd': take 'kind'"),
    (["digits", "TABLE", "--leave-out"], "There is a data set 'digits' already"),
    (["mine", "nowhere.zip"], "There is nothing at nowhere.zip"),
])
def test_what_can_t_be_added_exits_2_and_says_why(home: Path, table: Path, capsys, words: list[str], sentence: str) -> None:
    assert main(["add", *(str(table) if word == "TABLE" else word for word in words)]) == 2
    said = capsys.readouterr().err.strip()
    assert sentence in said and "\n" not in said
    assert main(["remove", "mine"]) == 2


def _fits() -> list[tuple[str, str, str]]:
    """For every architecture and each of its tasks, a data set that needs no file from outside."""
    found = []
    for name, cls in catalog.entries("architecture").items():
        for task in cls.card.tasks:
            here = [data for data, source in catalog.entries("dataset").items()
                    if catalog.misfit(task, name, data) is None and source(source.Settings()).availability().ready]
            packaged = [data for data in here if "package" in catalog.get("dataset", data)(
                catalog.get("dataset", data).Settings()).availability().sentence]
            found += [(task, name, (packaged or here)[0])] if here else []
    return found


# A worker that finds no more than 64 examples in each split: the runs of deep networks are short too.
WORKER_ON_FEW = """
import sys, torch
from core.datasets.base import Data, Split
from core.datasets.games import Episodes
from core.jobs import worker

def few(split):
    if isinstance(split, Episodes):
        return Episodes(split.inputs[:4], split.seeds[:4], min(split.moves, 64))
    index = torch.linspace(0, len(split) - 1, min(64, len(split))).long()
    return Split(split.inputs[index], None if split.targets is None else split.targets[index])

load = worker._load
def load_few(experiment, log):
    data = load(experiment, log)
    return Data(data.spec, few(data.train), few(data.validation), few(data.test), data.source)

worker._load = load_few
stop = worker.Stop()
for run_id in sys.argv[1:]:
    worker.carry_out(run_id, stop)
"""


@pytest.fixture(scope="module")
def short_runs(fresh_store: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[tuple, str]]:
    """A short run of every architecture: the home, and the run's id by task, architecture and data set. One process
    carries them all out, since most of such a run is the start of its process."""
    home = tmp_path_factory.mktemp("short")
    shutil.copy(fresh_store, home / "mlflow.db")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GLASSBOX_HOME", str(home))
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        made = {}
        for names in _fits():
            training = {"epochs": 1, "previews": 2, "batch_size": 32}
            made[names] = write.create_run(Experiment.make(*names, training=training))
            store.client().update_run(made[names], status="RUNNING")
        subprocess.run([sys.executable, "-c", WORKER_ON_FEW, *made.values()], cwd=PROJECT)
    return home, made


@pytest.mark.parametrize("names", _fits(), ids="-".join)
def test_a_short_run_of_every_architecture_finishes(short_runs, monkeypatch, names: tuple[str, str, str]) -> None:
    home, made = short_runs
    monkeypatch.setenv("GLASSBOX_HOME", str(home))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    run = read.run(made[names])
    assert run.state == "FINISHED", f"{run.cause}\n{read.log_tail(run.id)}"
    assert any(name.startswith("test/") for name in run.metrics)
    assert read.previews(run.id) and read.checkpoints(run.id)
    mlflow.set_tracking_uri(store.tracking_uri())
    assert mlflow.pytorch.load_model(f"runs:/{run.id}/model") is not None


def test_find_rate_prints_a_rate_and_keeps_no_model(ready_store: None) -> None:
    found = glassbox("find-rate", "--task", "classification", "--architecture", "mlp", "--dataset", "digits",
                     "--set", "model.width=16", "--json")
    assert found.returncode == 0, found.stderr
    said = json.loads(found.stdout)
    assert 1e-5 < said["suggestion"] < 1 and len(said["loss"]) == len(said["learning_rate"]) > 50
    run = read.run(said["run"])
    assert run.state == "FINISHED" and f"{said['suggestion']:g}" in run.cause
    assert read.checkpoints(run.id) == [] and not read.resumable(run.id)
