"""What the captioners share: the eye and its grid, weights that come along, and captions that end."""

import pytest
import torch
from torchvision import models

from core.architectures.pretrained import IMAGENET
from core.catalog import END, START
from core.errors import UserError
from core.experiment import Experiment
from core.training.setup import build_model
from tests.captions import data

NAMES = ("show-tell", "show-attend-tell", "caption-transformer")


def made(name="show-tell", side=32, **settings):
    torch.manual_seed(0)
    spec = data().spec.model_copy(update={"shape": (3, side, side)})
    return build_model(Experiment.make("captioning", name, "captions", model=settings), spec)


@pytest.mark.parametrize(("encoder", "side", "places"), [("small", 96, 6), ("small", 100, 7), ("resnet18", 96, 3),
                                                         ("resnet18", 224, 7)])
def test_the_grid_is_that_of_what_the_eye_gives(encoder, side, places):
    model = made(encoder=encoder, side=side, channels=4).eval()
    seen = model.eye(torch.zeros(1, 3, side, side))
    assert model.grid == tuple(seen.shape[2:]) == (places, places) and seen.shape[1] == model.eye.numbers


def test_the_resnet_is_torchvision_s_without_pooling_and_classes():
    model, whole = made(encoder="resnet18").eval(), models.resnet18().eval()
    whole.load_state_dict({**whole.state_dict(), **{
        name: value for name, value in zip([name for name in whole.state_dict() if not name.startswith("fc")],
                                           model.eye.stages.state_dict().values(), strict=True)}})
    pictures = torch.randn(2, 3, 64, 64)
    torch.testing.assert_close(whole(pictures), whole.fc(model.eye(pictures).mean((2, 3))))


def test_weights_that_come_along_see_pictures_as_they_learned_them():
    model, pictures = made(encoder="resnet18", pretrained=True), torch.rand(2, 3, 8, 8)
    mean, std = (torch.tensor(values)[:, None, None] for values in (data().spec.mean, data().spec.std))
    known_mean, known_std = (torch.tensor(values)[:, None, None] for values in IMAGENET)
    model.eye.stages = torch.nn.Identity()
    torch.testing.assert_close(model.eye((pictures - mean) / std), (pictures - known_mean) / known_std, atol=1e-5, rtol=1e-5)


def test_the_small_eye_has_no_such_weights():
    with pytest.raises(UserError, match="take a ResNet"):
        made(pretrained=True)


def test_what_is_frozen_stays_as_it_was_and_has_no_gradient():
    model = made("show-attend-tell", frozen=True, channels=4).train()
    before = {name: value.clone() for name, value in model.eye.state_dict().items()}
    model(torch.randn(2, 3, 32, 32), torch.full((2, 1, 4), START)).sum().backward()
    assert all(weight.grad is None for weight in model.eye.parameters())
    for name, value in model.eye.state_dict().items():
        assert torch.equal(value, before[name]), name


@pytest.mark.parametrize("name", NAMES)
def test_by_itself_it_writes_the_likeliest_and_nothing_after_the_end(name):
    model = made(name, channels=4, width=16).eval()
    read = model.encode(torch.randn(5, 3, 32, 32))
    with torch.no_grad():
        model.tokens.weight[END] *= 2.0 if name == "caption-transformer" else 1.0
        written = model._written(read)
    assert written.shape == (5, data().spec.target_length - 1)
    for i, row in enumerate(written):
        length = int((row == END).float().argmax()) + 1 if (row == END).any() else len(row)
        assert not row[length:].any()
        one = tuple(part[i : i + 1] for part in read)
        logits = model.decode(torch.cat((torch.tensor([START]), row[: length - 1]))[None], one)
        assert torch.equal(logits[0].argmax(1), row[:length])


@pytest.mark.parametrize("name", NAMES)
def test_each_caption_of_a_picture_is_foretold_as_if_it_were_alone(name):
    model = made(name, channels=4, width=16).eval()
    pictures, captions = torch.randn(2, 3, 32, 32), torch.randint(4, 200, (2, 3, 5))
    together = model(pictures, captions)
    assert together.shape == (2, 3, 5, data().spec.vocabulary_size)
    torch.testing.assert_close(together[1:, 2:], model(pictures[1:], captions[1:, 2:]), atol=1e-4, rtol=1e-4)


def test_only_the_transformer_is_told_where_its_places_are():
    pictures = torch.randn(1, 3, 32, 32)
    for name, same in (("show-tell", True), ("show-attend-tell", True), ("caption-transformer", False)):
        model = made(name, channels=4, width=16).eval()
        places = model.eye(pictures).flatten(2).transpose(1, 2)
        captions = torch.tensor([[START, 9]])
        if name == "caption-transformer":
            torch.nn.init.normal_(model.rows)
        straight, turned = (model.decode(captions, model.read(part)) for part in (places, places.flip(1)))
        assert torch.allclose(straight, turned, atol=1e-5) is same, name
