"""Fills a home with a large store: `python -m tests.benchmarks.make_store FOLDER [--runs 10000] [--points 10000000]`.

Half of the points are the training losses of the 50 newest runs, the other half lie evenly over the others. MLflow's own
calls take some 1,400 points a second, which is two hours, so that the rows are written as MLflow's tables hold them.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import time
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np

from core.experiment import Experiment

LONG_RUNS = 50
KINDS = (("lenet", "digits"), ("mlp", "digits"), ("neuron", "digits"), ("lenet", "mnist"), ("mlp", "mnist"))
SEEDS = 5
NEWEST = ("train/loss", "validation/loss", "validation/accuracy", "test/loss", "test/accuracy", "train/epoch",
          "train/samples_per_second")


def fill(folder: Path, runs: int, points: int) -> list[str]:
    """Writes so many finished runs with so many metric points into the folder's store, which is made where there is none.
    Gives the ids, newest first."""
    os.environ["GLASSBOX_HOME"] = str(folder)
    os.environ.pop("MLFLOW_TRACKING_URI", None)
    from core.tracking import store

    store.client()
    random = np.random.default_rng(0)
    ids = [uuid.UUID(bytes=random.bytes(16)).hex for _ in range(runs)]
    with closing(sqlite3.connect(folder / "mlflow.db")) as database, database:
        database.execute("PRAGMA synchronous=OFF")
        number = int(store.experiment_id())
        for rows in _described(ids, number, folder, random):
            for table, its in rows.items():
                database.executemany(f"INSERT INTO {table} VALUES ({','.join('?' * len(its[0]))})", its)
        long = min(LONG_RUNS, runs)
        each = points // 2 // long
        for run_id in ids[:long]:
            database.executemany(_METRIC, _points(run_id, "train/loss", each, random))
        if rest := ids[long:]:
            each = max(1, points // 2 // len(rest) // 3)
            for run_id in rest:
                for name in ("train/loss", "validation/loss", "validation/accuracy"):
                    database.executemany(_METRIC, _points(run_id, name, each, random))
    return ids


_METRIC = "INSERT INTO metrics VALUES (?, ?, ?, ?, ?, 0)"


def _described(ids: list[str], number: int, folder: Path, random: np.random.Generator) -> Iterator[dict[str, list[tuple]]]:
    now = int(time.time() * 1000)
    made: dict[tuple, tuple[dict[str, str], str]] = {}
    for place, run_id in enumerate(ids):
        architecture, dataset = KINDS[place // SEEDS % len(KINDS)]
        rate, seed = 10 ** -(1 + place // SEEDS % 7 / 2), place % SEEDS
        if (architecture, dataset, rate, seed) not in made:
            value = Experiment.make("classification", architecture, dataset, training={"learning_rate": rate}, seed=seed)
            made[architecture, dataset, rate, seed] = (
                {name: str(leaf) for name, leaf in value.leaves().items()}, value.model_dump_json())
        params, told = made[architecture, dataset, rate, seed]
        begun = now - 60_000 * (place + 1)
        name = f"{architecture} on {dataset}, seed {seed}"
        accuracy = 0.9 + 0.02 * random.standard_normal()
        tags = {"glassbox.experiment": told, "glassbox.place": "0" * 32, "mlflow.user": "benchmark", "mlflow.runName": name,
                "mlflow.source.name": "glassbox", "mlflow.source.type": "LOCAL", "glassbox.started": str(begun / 1000),
                "glassbox.phase": "", "glassbox.cause": "", "glassbox.device": "CPU, 2 threads",
                "glassbox.total_steps": "100000", "glassbox.from_step": "0"}
        yield {
            "runs": [(run_id, name, "LOCAL", "", "", "benchmark", "FINISHED", begun, begun + 50_000, "", "active",
                      (folder / "artifacts" / run_id / "artifacts").as_uri(), number, None)],
            "params": [(key, value, run_id) for key, value in params.items()],
            "tags": [(key, value, run_id) for key, value in tags.items()],
            "latest_metrics": [(key, accuracy if "accuracy" in key else 1 - accuracy, begun + 49_000, 100_000, 0, run_id)
                               for key in NEWEST],
        }


def _points(run_id: str, name: str, count: int, random: np.random.Generator) -> list[tuple]:
    steps = np.linspace(1, 100_000, count).astype(int)
    values = np.exp(-steps / 30_000) + 0.1 * random.standard_normal(count)
    start = int(time.time() * 1000) - 3_600_000
    return [(name, value, start + step, run_id, step) for value, step in zip(values.tolist(), steps.tolist(), strict=True)]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--points", type=int, default=10_000_000)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    fill(given.folder.resolve(), given.runs, given.points)
