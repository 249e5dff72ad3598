"""The answer of a classifier."""

import numpy as np
import torch

from core.inside import classify
from core.tasks.base import standardised


def test_the_answer_is_the_softmax_of_the_model_s_logits(untrained, digit):
    loaded = untrained("classification", "lenet", "digits")
    answer = classify.classify(loaded, digit)
    logits = loaded.model(standardised(digit, loaded.spec))[0]
    np.testing.assert_allclose(answer.probabilities, torch.softmax(logits, 0).numpy(), rtol=1e-5)
    assert answer.classes[answer.best] == str(int(logits.argmax()))


def test_what_has_no_classes_is_not_asked_for_one(untrained):
    assert classify.fits(untrained("classification", "mlp", "digits"))
    assert not classify.fits(untrained("denoising", "autoencoder", "digits"))
