"""How runs differ, and whether by more than chance."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from core.tracking import compare
from core.tracking.read import Run


def run(**params: str) -> Run:
    params = {name.replace("__", "."): value for name, value in params.items()}
    return Run("0" * 32, "", "FINISHED", params, {}, {}, 0.0, None)


def test_only_what_differs_is_named_what_was_trained_first_and_the_seed_last() -> None:
    runs = [run(architecture="mlp", training__epochs="3", seed="0", model__width="64"),
            run(architecture="lenet", training__epochs="3", seed="1")]
    assert compare.differing(runs) == ["architecture", "seed", "model.width"]
    assert compare.differing(runs[:1]) == []


def test_runs_that_differ_in_their_seed_alone_are_one_experiment() -> None:
    a0, b0, a1 = run(lr="1", seed="0"), run(lr="2", seed="0"), run(lr="1", seed="1")
    assert compare.by_experiment([a0, b0, a1]) == [[a0, a1], [b0]]


def test_the_spread_has_the_sample_standard_deviation() -> None:
    found = compare.spread([1.0, 2.0, 4.0])
    assert (found.n, found.mean) == (3, pytest.approx(7 / 3))
    assert found.sd == pytest.approx(math.sqrt(((1 - 7 / 3) ** 2 + (2 - 7 / 3) ** 2 + (4 - 7 / 3) ** 2) / 2))
    assert math.isnan(compare.spread([1.0]).sd)
    assert compare.spread([]) is None


def test_the_same_twice_is_one_sample_and_the_newest_counts() -> None:
    old, new, other = (replace(run(lr="1", seed=seed), created=at) for seed, at in (("0", 1.0), ("0", 2.0), ("1", 0.0)))
    assert compare.once([new, old, other]) == [other, new]


def test_runs_pair_by_what_differs_within_their_groups() -> None:
    first = [run(lr="1", seed=seed, width=width) for seed in "01" for width in "48"]
    second = [run(lr="2", seed=seed, width=width) for width in "84" for seed in "10"]
    found = compare.pairs(first, second)
    assert len(found) == 4 and all(a.params | {"lr": "2"} == b.params for a, b in found)
    assert compare.pairs(first, second[1:]) is None
    assert compare.pairs(first, [replace(other, digest="another") for other in second]) is None
    assert compare.pairs(first[:1], second[:1]) is None  # nothing says that these two belong together


def on_digits(architecture: str, accuracy: float, state: str = "FINISHED", digest: str = "d", **params: str) -> Run:
    named = {"task": "classification", "dataset": "digits", "architecture": architecture}
    return Run("0" * 32, "", state, named | {name.replace("__", "."): value for name, value in params.items()},
               {"validation/accuracy": accuracy}, {}, 0.0, None, digest)


def test_the_baseline_is_the_best_classical_run_on_the_same_data() -> None:
    mine = on_digits("lenet", 0.98, data__side="28")
    others = [on_digits("knn", 0.94, data__side="28"), best := on_digits("svm", 0.96, data__side="28"),
              on_digits("svm", 0.99, data__side="14"), on_digits("svm", 0.99, digest="other", data__side="28"),
              on_digits("kmeans", 0.99, state="KILLED", data__side="28"), on_digits("perceptron", 0.97, data__side="28"),
              on_digits("mlp", 0.97, data__side="28"), on_digits("gone", 0.97, data__side="28")]
    assert compare.best_baseline(mine, others, "validation/accuracy") is best
    assert compare.best_baseline(mine, others[2:], "validation/accuracy") is None
