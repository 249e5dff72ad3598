"""A whole split: its confusions, its mistakes, and the sentence on how far the model can be taken at its word."""

import math

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.metrics import confusion_matrix

from core import catalog
from core.datasets.base import Split
from core.inside import testset
from core.inside.testset import Verdicts
from core.tasks.base import Reliability

CLASSES = ("ant", "bee", "cow")


def verdicts(chances, targets) -> Verdicts:
    return Verdicts(CLASSES, torch.tensor(chances), torch.tensor(targets))


FEW = verdicts([[0.9, 0.1, 0.0], [0.6, 0.3, 0.1], [0.2, 0.7, 0.1], [0.9, 0.06, 0.04], [0.4, 0.3, 0.3]], [0, 1, 1, 1, 2])


def test_the_answers_to_a_split_are_the_models_own(untrained):
    loaded = untrained("classification", "mlp", "digits")
    inputs = torch.randint(0, 256, (600, 1, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    targets = torch.arange(600) % 10
    asked = testset.ask(loaded, Split(inputs, targets))
    torch.testing.assert_close(asked.chances, loaded.task.logits(Split(inputs)).softmax(1))
    measured = loaded.task.evaluate(Split(inputs, targets))
    assert abs(asked.accuracy - measured["accuracy"]) < 1e-6
    assert abs(asked.reliability.error - measured["calibration_error"]) < 1e-6


def test_the_confusion_counts_are_scikit_learns():
    generator = torch.Generator().manual_seed(0)
    chances, targets = torch.rand(200, 3, generator=generator), torch.randint(0, 3, (200,), generator=generator)
    expected = confusion_matrix(targets, chances.argmax(1))
    np.testing.assert_array_equal(Verdicts(CLASSES, chances, targets).confusion, expected)


def test_behind_a_cell_the_surest_answers_come_first():
    assert testset.commonest(FEW.confusion) == (1, 0)
    assert testset.behind(FEW, 1, 0) == [3, 1]
    assert testset.behind(FEW, 0, 2) == []


def test_the_worst_mistakes_gave_the_truth_least_and_the_least_sure_ones_hardly_preferred_their_answer():
    assert testset.mistakes(FEW, worst=True) == [3, 1, 4]
    assert testset.mistakes(FEW, worst=False) == [4, 1, 3]
    assert [FEW.told(0), FEW.told(3)] == ["ant, 90.0 %", "bee as ant, 90.0 %"]


def test_a_model_without_mistakes_has_none_to_show():
    right = verdicts([[0.9, 0.1, 0.0]], [0])
    assert testset.mistakes(right, worst=True) == []
    assert testset.commonest(right.confusion) == (0, 0)


def judged(count, said, right) -> str:
    return testset.at_its_word(Reliability(*(torch.tensor(values, dtype=torch.float64) for values in (count, said, right))))


def test_the_sentence_is_on_the_bin_that_counts_most():
    assert judged([100, 1000], [0.5, 0.9], [0.1, 0.97]) == (
        "When it says 90 %, it is right 97 % of the time (1,000 such answers): it is too modest.")
    assert judged([0, 400], [0.0, 0.99], [0.0, 0.80]) == (
        "When it says 99 %, it is right 80 % of the time (400 such answers): it is too sure of itself.")
    assert "When it says 99.5 %, it is right 98.2 %" in judged([4000], [0.995], [0.982])


def test_what_chance_explains_is_not_held_against_the_model():
    assert "taken at its word" in judged([10, 20], [0.6, 0.9], [0.4, 0.85])


def test_a_sentence_is_read_without_padding_and_its_unknown_words_are_left_open():
    spec = catalog.DataSpec(kind="sentences", shape=(5,), sizes={}, vocabulary=("<padding>", "<unknown>", "good", "film"))
    assert testset.sentence(torch.tensor([2, 1, 3, 0, 0]), spec) == "good … film"
    assert testset.noun(spec, 1) == "1 sentence"


def named(right: list[bool]) -> Verdicts:
    return verdicts([[0.9, 0.1] if one else [0.1, 0.9] for one in right], [0] * len(right))


def test_only_examples_that_one_model_alone_names_rightly_tell_two_models_apart():
    """Of 100 examples the first alone names 8 rightly and the second alone 1: p is the chance of 8 or 9 of 9 fair coins to
    fall the same way."""
    both, mine, its, neither = 80, 8, 1, 11
    first = named([True] * both + [True] * mine + [False] * its + [False] * neither)
    second = named([True] * both + [False] * mine + [True] * its + [False] * neither)
    found = testset.disagreement(first, second)
    assert found.alone == (list(range(80, 88)), [88])
    assert found.p == pytest.approx(2 * (1 + 9) / 2**9)
    assert found.gap == pytest.approx(0.07) == first.accuracy - second.accuracy
    wald = math.sqrt((8.5 + 1.5) / 102 - (7 / 102) ** 2) / math.sqrt(102)  # with half an example more in each cell
    assert (found.low, found.high) == pytest.approx((7 / 102 - 1.959964 * wald, 7 / 102 + 1.959964 * wald))
    same = testset.disagreement(first, first)
    assert same.alone == ([], []) and same.p == 1 and same.gap == 0
    assert same.resampled == (0, 0)


def test_the_paired_bootstrap_is_scipys_over_the_examples():
    right = np.array([1] * 80 + [1] * 8 + [0] * 12), np.array([1] * 80 + [0] * 8 + [1] * 3 + [0] * 9)
    found = stats.bootstrap(right, lambda a, b, axis: (a - b).mean(axis), paired=True, method="percentile",
                            rng=np.random.default_rng(1)).confidence_interval
    assert testset.paired_bootstrap(8, 3, 100) == pytest.approx((found.low, found.high), abs=0.011)  # an example is 0.01
