"""How runs differ, and whether by more than chance."""

from __future__ import annotations

import math

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


def test_the_interquartile_mean_leaves_out_a_quarter_at_either_end() -> None:
    assert compare.interquartile_mean([900.0, 1, 2, 3, 4, 5, 6, -70]) == pytest.approx((2 + 3 + 4 + 5) / 4)
    assert compare.interquartile_mean([1.0, 2.0, 6.0]) == pytest.approx(3)
    assert compare.interquartile_mean([]) is None


def test_welchs_test_against_its_formula() -> None:
    """Two equally spread triples: t = 2 / sqrt(2/3) with 4 degrees of freedom, whose distribution has a closed form."""
    t = 2 / math.sqrt(2 / 3)
    s = t / math.sqrt(1 + t * t / 4)
    below = 0.5 + 3 / 8 * s * (1 - s * s / 12)
    found = compare.difference([1.0, 2.0, 3.0], [3.0, 4.0, 5.0])
    assert found.p == pytest.approx(2 * (1 - below))
    reach = 2.7764451 * math.sqrt(2 / 3)  # the 97.5 % point of t with 4 degrees of freedom
    assert (found.gap, found.low, found.high) == pytest.approx((-2, -2 - reach, -2 + reach))
    assert found.effect == pytest.approx(-2 * (1 - 3 / 15))  # standard deviations of 1, and Hedges' correction


def test_one_of_many_pairs_has_to_differ_more() -> None:
    one, many = (compare.difference([1.0, 2.0, 3.0], [3.0, 4.0, 6.0], pairs) for pairs in (1, 6))
    assert many.p == pytest.approx(6 * one.p) and many.low < one.low and many.high > one.high
    assert many.seeds > one.seeds
    assert compare.difference([1.0, 2.0, 3.0], [1.0, 2.0, 3.5], 50).p == 1


@pytest.mark.parametrize(("effect", "seeds"), [(0.5, 64), (-0.8, 26), (1.0, 17)])
def test_the_seeds_that_settle_it_are_those_of_cohens_tables(effect: float, seeds: int) -> None:
    """Cohen 1988, table 2.4.1; 1992, "A power primer", table 2."""
    assert compare.enough_seeds(effect, 0.05) == seeds
    assert compare.enough_seeds(0.0, 0.05) is None


def test_too_few_seeds_say_nothing_and_no_spread_says_all() -> None:
    assert compare.difference([1.0, 2.0], [3.0, 4.0, 5.0]) is None
    assert compare.difference([1.0] * 3, [2.0] * 3).p == 0
    assert compare.difference([1.0] * 3, [1.0] * 3).p == 1


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
