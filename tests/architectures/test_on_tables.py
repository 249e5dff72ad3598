"""Rows of numbers: what a straight line can't part, and the classical methods against scikit-learn's own."""

import numpy as np
import pytest
import torch
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from core import catalog
from core.datasets.base import Data
from core.experiment import Experiment
from core.tasks.base import Task
from core.training.loop import fit
from core.training.setup import build_model, build_task, seed_everything


class Silent:
    """A listener that asks for nothing."""

    def __getattr__(self, name: str):
        return lambda *_: False


def trained(architecture: str, dataset: str, **sections) -> tuple[Task, Data]:
    """The default run, with as few previews as there can be."""
    training = {"previews": 1, "device": "cpu"} | sections.pop("training", {})
    experiment = Experiment.make("classification", architecture, dataset, training=training, **sections)
    data = catalog.get("dataset", dataset)(experiment.data).load()
    seed_everything(0, False)
    task = build_task(experiment, data.spec, build_model(experiment, data.spec))
    fit(experiment, data, task.model, task, Silent())
    return task, data


def accuracy(architecture: str, dataset: str, **sections) -> float:
    task, data = trained(architecture, dataset, **sections)
    return task.evaluate(data.test)["accuracy"]


@pytest.mark.parametrize("architecture", ["neuron", "perceptron"])
def test_no_straight_line_parts_xor(architecture):
    """Minsky and Papert 1969: at best three of the four corners lie on the right side."""
    assert accuracy(architecture, "xor", data={"noise": 0}, training={"epochs": 60}) <= 0.8


def test_one_hidden_layer_parts_xor():
    """Four rectified neurons are enough."""
    sections = {"data": {"noise": 0}, "model": {"depth": 1, "width": 16}, "training": {"learning_rate": 0.01}}
    assert accuracy("mlp", "xor", **sections) > 0.98


def test_the_recipe_winds_a_network_s_border_between_the_spirals():
    assert accuracy("mlp", "spirals") > 0.95


@pytest.mark.parametrize("architecture", ["knn", "svm", "kmeans"])
@pytest.mark.parametrize("dataset", ["moons", "circles"])
def test_the_classical_methods_draw_bent_borders(architecture, dataset):
    assert accuracy(architecture, dataset) > 0.95


@pytest.mark.parametrize("architecture", ["neuron", "perceptron", "pca-linear", "svm"])
def test_the_wine_is_told_by_its_chemistry_once_it_is_standardised(architecture):
    assert accuracy(architecture, "wine") > 0.93


def standard(data: Data) -> tuple[np.ndarray, np.ndarray]:
    scaler = StandardScaler().fit(data.train.inputs.double())
    return scaler.transform(data.train.inputs.double()), scaler.transform(data.test.inputs.double())


def test_neighbours_of_standardised_rows_vote_as_in_scikit_learn():
    task, data = trained("knn", "wine")
    train, test = standard(data)
    expected = KNeighborsClassifier(3).fit(train, data.train.targets).predict_proba(test)
    found = (task.logits(data.test).exp() * 4 - 1 / 3) / 3
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_the_machine_sees_rows_with_one_number_more_and_of_length_one():
    task, data = trained("svm", "wine", model={"kernel": "rbf"})

    def lifted(rows: np.ndarray) -> np.ndarray:
        rows = np.hstack([rows, np.full((len(rows), 1), 13**0.5)])
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    train, test = map(lifted, standard(data))
    expected = SVC(C=10, kernel="rbf", gamma=2.0).fit(train, data.train.targets).decision_function(test)
    np.testing.assert_allclose(task.logits(data.test), expected, atol=2e-3)


def test_rows_are_kept_as_they_came():
    task, data = trained("knn", "iris")
    kept = {tuple(row) for row in task.model.examples.tolist()}
    rows = (data.train.inputs - torch.tensor(data.spec.mean)) / torch.tensor(data.spec.std)
    assert kept == {tuple(row) for row in rows.tolist()}
