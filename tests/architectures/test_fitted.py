"""What is fitted to all pictures at once, against scikit-learn's own answers on the same pictures."""

import io

import numpy as np
import pytest
import torch
from sklearn.cluster import KMeans as SklearnKMeans
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC
from torch import Tensor

from core.architectures import kmeans, knn
from core.architectures.base import Fitted
from core.architectures.kmeans import KMeans
from core.architectures.knn import KNearestNeighbours
from core.architectures.pca_linear import PCALinear
from core.architectures.svm import SupportVectorMachine
from core.catalog import DataSpec
from core.errors import UserError
from core.tasks.base import standardised

TRAIN, ASKED = 90, 40
CLASSES = (KNearestNeighbours, SupportVectorMachine, KMeans, PCALinear)


def spec(classes: int = 4) -> DataSpec:
    return DataSpec(kind="images", shape=(2, 5, 4), sizes={"train": TRAIN}, classes=tuple("abcdefgh"[:classes]),
                    mean=(0.4, 0.6), std=(0.2, 0.3))


def pictures(count: int, classes: int = 4, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Each class a grey level of its own in each pixel, under noise that makes neighbours overlap."""
    draw = torch.Generator().manual_seed(seed)
    targets = torch.arange(count) % classes
    centres = torch.randint(80, 176, (classes, 2, 5, 4), generator=torch.Generator().manual_seed(9)).float()
    noise = 60 * torch.randn(count, 2, 5, 4, generator=draw)
    return (centres[targets] + noise).clamp(0, 255).byte(), targets


def learned(cls: type[Fitted], classes: int = 4, batch: int = 32, **settings) -> Fitted:
    """A model that was given the training pictures batch by batch."""
    model = cls(cls.Settings(**settings), spec(classes))
    images, targets = pictures(TRAIN, classes)
    torch.manual_seed(0)
    for part, names in zip(images.split(batch), targets.split(batch), strict=True):
        with torch.no_grad():
            model.learn(standardised(part, model.spec), names)
    return model


def levels(images: Tensor) -> np.ndarray:
    return (images.double() / 255).flatten(1).numpy()


def scores(model: Fitted, images: Tensor) -> np.ndarray:
    return model(standardised(images, model.spec)).numpy()


def test_the_pictures_come_back_from_what_the_task_gives():
    images, _ = pictures(50)
    found = KNearestNeighbours(KNearestNeighbours.Settings(), spec()).levels(standardised(images, spec()))
    assert torch.equal(found.mul(255).round().byte(), images.flatten(1))


@pytest.mark.parametrize("neighbours", [1, 3, 7])
@pytest.mark.parametrize("chunk", [8192, 20])
def test_neighbours_vote_as_in_scikit_learn(neighbours, chunk, monkeypatch):
    monkeypatch.setattr(knn, "CHUNK", chunk)
    images, targets = pictures(TRAIN)
    asked, _ = pictures(ASKED, seed=1)
    votes = KNeighborsClassifier(neighbours).fit(levels(images), targets).predict_proba(levels(asked)) * neighbours
    found = np.exp(scores(learned(KNearestNeighbours, neighbours=neighbours), asked))
    np.testing.assert_allclose(found, (votes + 1 / 4) / (neighbours + 1), rtol=1e-5)
    np.testing.assert_allclose(found.sum(1), 1, rtol=1e-5)


@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize(("settings", "options"), [
    ({"kernel": "polynomial", "degree": 9}, {"kernel": "poly", "degree": 9, "gamma": 0.5, "coef0": 0.5}),
    ({"kernel": "polynomial", "degree": 2}, {"kernel": "poly", "degree": 2, "gamma": 0.5, "coef0": 0.5}),
    ({"kernel": "rbf", "gamma": 3.0}, {"kernel": "rbf", "gamma": 3.0}),
], ids=["degree 9", "degree 2", "rbf"])
def test_the_support_vector_machine_decides_as_scikit_learn_s(classes, settings, options):
    images, targets = pictures(TRAIN, classes)
    asked, _ = pictures(ASKED, classes, seed=1)

    def unit(images: Tensor) -> np.ndarray:
        return levels(images) / np.linalg.norm(levels(images), axis=1, keepdims=True)

    machine = SVC(C=10.0, **options, decision_function_shape="ovo").fit(unit(images), targets)
    model = learned(SupportVectorMachine, classes, **settings)
    duels = model.duels(standardised(asked, model.spec)).detach().numpy()
    expected = machine.decision_function(unit(asked))
    np.testing.assert_allclose(duels, -expected[:, None] if classes == 2 else expected, atol=2e-3)
    machine.decision_function_shape = "ovr"
    found = scores(model, asked)
    if classes > 2:
        np.testing.assert_allclose(found, machine.decision_function(unit(asked)), atol=2e-3)
    assert (found.argmax(1) == machine.predict(unit(asked))).mean() > 0.97  # equal votes may fall otherwise


def test_a_support_vector_machine_says_when_a_class_is_missing():
    with pytest.raises(UserError, match=r"3 examples don't hold all 4 classes: raise model\.most\."):
        learned(SupportVectorMachine, most=3)


def test_clusters_are_scikit_learn_s_and_named_after_most_of_their_members():
    images, targets = pictures(TRAIN)
    asked, _ = pictures(ASKED, seed=1)
    model = learned(KMeans, clusters=12)
    torch.manual_seed(0)
    seed = int(torch.randint(2**31 - 1, ()))
    found = SklearnKMeans(12, random_state=seed).fit(levels(images).astype(np.float32))
    members = np.zeros((12, 4))
    np.add.at(members, (found.labels_, targets.numpy()), 1)
    nearest = found.predict(levels(asked).astype(np.float32))
    shares = (members + 1 / 4) / (members.sum(1, keepdims=True) + 1)
    np.testing.assert_allclose(np.exp(scores(model, asked)), shares[nearest], rtol=1e-4)
    assert (scores(model, asked).argmax(1) == members.argmax(1)[nearest]).all()


@pytest.mark.parametrize("classes", [2, 4])
def test_components_and_borders_give_scikit_learn_s_probabilities(classes):
    images, targets = pictures(TRAIN, classes)
    asked, _ = pictures(ASKED, classes, seed=1)
    pca = PCA(6, whiten=True).fit(levels(images))
    machine = LogisticRegression(max_iter=1000).fit(pca.transform(levels(images)), targets)
    found = torch.from_numpy(scores(learned(PCALinear, classes, components=6), asked)).softmax(1)
    np.testing.assert_allclose(found, machine.predict_proba(pca.transform(levels(asked))), atol=1e-3)


@pytest.mark.parametrize("cls", CLASSES)
def test_the_size_of_the_batches_changes_nothing(cls):
    asked, _ = pictures(ASKED, seed=1)
    assert np.array_equal(scores(learned(cls, batch=7), asked), scores(learned(cls, batch=90), asked))


@pytest.mark.parametrize("cls", CLASSES)
def test_it_learns_once_and_lets_go_of_what_it_gathered(cls):
    model = learned(cls)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    images, targets = pictures(TRAIN, seed=5)
    assert model.learn(standardised(images, model.spec), targets)["gathered"] == 1
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert model.memory() == {"count": TRAIN, "examples": None, "targets": None}


@pytest.mark.parametrize("cls", [KNearestNeighbours, SupportVectorMachine])
def test_no_more_pictures_are_taken_than_wanted(cls):
    images, _ = pictures(TRAIN)
    model = learned(cls, most=50)
    assert torch.equal(model.examples, images[:50].flatten(1))


@pytest.mark.parametrize("cls", CLASSES)
def test_the_exported_model_answers_alike_for_any_number_of_pictures(cls):
    model = learned(cls).eval()
    asked, _ = pictures(ASKED, seed=1)
    inputs = standardised(asked, model.spec)
    stored = io.BytesIO()
    torch.export.save(torch.export.export(model, (inputs[:2],), dynamic_shapes=[{0: torch.export.Dim.AUTO}]), stored)
    stored.seek(0)
    again = torch.export.load(stored).module()
    torch.testing.assert_close(again(inputs), model(inputs))


def test_more_clusters_than_pictures_are_as_many_as_pictures():
    assert len(learned(kmeans.KMeans, clusters=500).centroids) == TRAIN
