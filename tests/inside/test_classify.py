"""The answer of a classifier, and what spoke for it."""

import numpy as np
import pytest
import torch

from core.inside import classify
from core.tasks.base import standardised


@pytest.fixture
def picture():
    return torch.randint(0, 256, (1, 1, 28, 28), generator=torch.Generator().manual_seed(1)).to(torch.uint8)


def test_the_answer_is_the_softmax_of_the_model_s_logits(untrained, picture):
    loaded = untrained("classification", "lenet", "digits")
    answer = classify.classify(loaded, picture)
    logits = loaded.model(standardised(picture, loaded.spec))[0]
    np.testing.assert_allclose(answer.probabilities, torch.softmax(logits, 0).numpy(), rtol=1e-5)
    assert answer.classes[answer.best] == str(int(logits.argmax()))


def test_the_evidence_of_all_pixels_adds_up_to_the_rise_of_the_logit(untrained, picture):
    loaded = untrained("classification", "lenet", "digits", model={"activation": "tanh", "pooling": "average"})
    evidence = classify.evidence(loaded, picture, target=3, steps=128)
    here, empty = (loaded.model(standardised(image, loaded.spec))[0, 3].item()
                   for image in (picture, torch.zeros_like(picture)))
    assert evidence.shape == (28, 28)
    assert evidence.sum() == pytest.approx(here - empty, rel=1e-3)


def test_what_has_no_classes_is_not_asked_for_one(untrained):
    assert classify.fits(untrained("classification", "mlp", "digits"))
    assert not classify.fits(untrained("denoising", "autoencoder", "digits"))


@pytest.mark.parametrize(
    ("architecture", "slopes"), [("knn", False), ("kmeans", False), ("svm", True), ("perceptron", True)]
)
def test_there_is_evidence_where_the_answer_has_a_slope(untrained, architecture, slopes):
    loaded = untrained("classification", architecture, "digits")
    found = classify.evidence(loaded, torch.full((1, 1, 28, 28), 9, dtype=torch.uint8), target=3, steps=2)
    assert (found is not None) == slopes
