"""Features by which generated pictures are measured."""

import pytest
import torch

from core.errors import UserError
from core.tasks import features as rooms
from core.tasks.features import alike, features

CPU = torch.device("cpu")


def test_the_random_network_is_the_same_whatever_was_drawn_before():
    images = torch.rand(4, 3, 32, 32)
    torch.manual_seed(1)
    first = features("random", CPU)(images)
    torch.manual_seed(2)
    assert torch.equal(features("random", CPU)(images), first)
    assert first.shape == (4, 64)


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 25, 31), (3, 64, 64)])
def test_it_takes_pictures_of_any_size_grey_or_coloured(shape):
    assert features("random", CPU)(torch.rand(2, *shape)).shape == (2, 64)


def test_real_pictures_set_the_scale():
    real, fake = alike("random", torch.rand(50, 4) * torch.tensor([1.0, 10.0, 0.1, 3.0]) + 5, torch.full((3, 4), 5.0))
    torch.testing.assert_close(real.mean(0), torch.zeros(4), atol=1e-3, rtol=0)
    torch.testing.assert_close(real.std(0), torch.ones(4))
    assert (fake < 0).all()


def test_inception_gives_2048_features_of_its_own_weights(monkeypatch):
    from torchvision import models

    stand_in = models.inception_v3(init_weights=False)
    monkeypatch.setattr(rooms, "fetched", lambda weights: stand_in.state_dict())
    found = features("inception", CPU)(torch.rand(1, 1, 16, 16))
    assert found.shape == (1, 2048)
    assert alike("inception", found, found) == (found, found)


def test_missing_weights_of_inception_are_said(monkeypatch, tmp_path):
    from torchvision import models

    monkeypatch.setenv("GLASSBOX_HOME", str(tmp_path))
    weights = type(models.Inception_V3_Weights.IMAGENET1K_V1)
    monkeypatch.setattr(weights, "url", property(lambda _: (tmp_path / "none-0cc3c7bd.pth").as_uri()))
    with pytest.raises(UserError, match="could not be downloaded"):
        features("inception", CPU)
