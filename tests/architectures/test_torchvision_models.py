"""Torchvision's networks: sizes, pretrained weights from a local server, and what stays frozen."""

import hashlib

import pytest
import torch
from torch import nn
from torchvision import models

from core import catalog
from core.architectures.torchvision_models import NETWORKS, Torchvision
from core.catalog import DataSpec
from core.errors import UserError
from core.experiment import Experiment

GREY = DataSpec(kind="images", shape=(1, 28, 28), sizes={"train": 1000}, classes=("a", "b", "c"), mean=(0.1,), std=(0.3,))
COLOUR = DataSpec(kind="images", shape=(3, 40, 30), sizes={"train": 1000}, classes=("a", "b", "c"),
                  mean=(0.5, 0.4, 0.3), std=(0.2, 0.3, 0.25))
LIGHT = (
    "alexnet", "squeezenet1_1", "densenet121", "shufflenet_v2_x0_5", "mnasnet0_5", "regnet_x_400mf", "googlenet", "swin_t",
)


def build(spec: DataSpec = COLOUR, **settings) -> Torchvision:
    torch.manual_seed(0)
    return Torchvision(Torchvision.Settings(**settings), spec)


@pytest.mark.parametrize("network", LIGHT)
def test_each_family_answers_with_the_data_s_classes_and_ends_in_its_last_layer(network):
    model = build(network=network).eval()
    with torch.no_grad():
        assert model(torch.rand(2, 3, 40, 30)).shape == (2, 3)
    assert model.head().weight.shape[0] == 3  # of the classes, not of ImageNet


def test_every_network_of_torchvision_for_pictures_can_be_chosen():
    assert {"vgg16", "resnet50", "vit_b_16", "convnext_tiny", "efficientnet_b0", "inception_v3"} <= set(NETWORKS)
    chosen = Experiment.make("classification", "torchvision", "digits", model={"network": "vit_b_32", "side": "96"})
    assert chosen.model.side == 96


@pytest.mark.parametrize(("network", "side", "sentence"), [
    ("vit_b_16", 100, "model.side should be a multiple of 16 for vit_b_16, not 100."),
    ("inception_v3", 64, "model.side should be at least 75 for inception_v3, not 64."),
])
def test_a_side_that_a_network_can_t_take_is_said(network, side, sentence):
    with pytest.raises(UserError) as error:
        Experiment.make("classification", "torchvision", "digits", model={"network": network, "side": side})
    assert str(error.value) == sentence


def test_grey_pictures_are_given_as_three_equal_channels():
    model = build(GREY, network="squeezenet1_1").eval()
    grey = torch.rand(2, 1, 64, 64)
    with torch.no_grad():
        assert torch.allclose(model(grey), model.network(grey.repeat(1, 3, 1, 1)), atol=1e-6)


@pytest.fixture
def served(tmp_path, monkeypatch, home):
    """The weights of a network for 1,000 classes as a file with its hash in its name, behind a `file://` address."""
    torch.manual_seed(1)
    whole = models.mobilenet_v3_small(num_classes=1000)
    made = tmp_path / "made.pth"
    torch.save(whole.state_dict(), made)
    name = f"small-{hashlib.sha256(made.read_bytes()).hexdigest()[:8]}.pth"
    made.rename(tmp_path / name)
    monkeypatch.setenv("GLASSBOX_DATA", str(tmp_path / "data"))
    weights = models.MobileNet_V3_Small_Weights.DEFAULT
    monkeypatch.setattr(type(weights), "url", property(lambda _: (tmp_path / name).as_uri()))
    return whole, tmp_path / name


def test_pretrained_weights_are_fetched_once_and_all_but_the_last_layer_taken(served):
    whole, file = served
    model = build(pretrained=True)
    before = model.head().weight.clone()
    model.prepare(lambda count: torch.rand(count, 3, 40, 30))
    given, own = whole.state_dict(), model.network.state_dict()
    differing = [name for name in own if own[name].shape != given[name].shape or not torch.equal(own[name], given[name])]
    assert differing == ["classifier.3.weight", "classifier.3.bias"] and torch.equal(model.head().weight, before)
    file.unlink()
    build(pretrained=True).prepare(lambda count: torch.rand(count, 3, 40, 30))  # from the data folder


def test_pretrained_networks_see_pictures_by_imagenet_s_statistics(served):
    model = build(pretrained=True, side=40)
    levels = torch.rand(2, 3, 40, 40)
    imagenet = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    column = [torch.tensor(values).view(3, 1, 1) for values in (COLOUR.mean, COLOUR.std, *imagenet)]
    seen = []
    model.network.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    model.eval()((levels - column[0]) / column[1])
    assert torch.allclose(seen[0], (levels - column[2]) / column[3], atol=1e-5)


def test_weights_that_are_damaged_or_out_of_reach_are_said_in_a_sentence(served):
    _, file = served
    content = file.read_bytes()
    file.write_bytes(content[:-100] + b"x" * 100)
    with pytest.raises(UserError, match=r"weights in .* are damaged: delete that file and launch again"):
        build(pretrained=True).prepare(lambda count: torch.rand(count, 3, 40, 30))
    file.unlink()
    with pytest.raises(UserError, match=f"check the network, or put {file.name} into"):
        build(pretrained=True).prepare(lambda count: torch.rand(count, 3, 40, 30))


def test_vision_transformers_stretch_their_places_to_another_side(monkeypatch):
    whole = models.VisionTransformer(224, 32, 1, 2, 8, 16)
    monkeypatch.setattr(models, "get_model", lambda name, num_classes, image_size: models.VisionTransformer(
        image_size, 32, 1, 2, 8, 16, num_classes=num_classes))
    monkeypatch.setattr("core.architectures.torchvision_models.fetched", lambda weights: whole.state_dict())
    model = build(network="vit_b_32", side=96, pretrained=True)
    model.prepare(lambda count: torch.rand(count, 3, 96, 96))
    places = model.network.encoder.pos_embedding
    assert places.shape == (1, 1 + 9, 8)
    assert torch.equal(places[:, :1], whole.encoder.pos_embedding[:, :1])


def test_frozen_only_the_last_layer_learns_and_no_statistic_moves():
    model = build(frozen=True).train()
    learned = [name for name, p in model.named_parameters() if p.requires_grad]
    assert learned == ["network.classifier.3.weight", "network.classifier.3.bias"]
    before = {name: value.clone() for name, value in model.named_buffers()}
    nn.functional.cross_entropy(model(torch.rand(4, 3, 40, 30)), torch.tensor([0, 1, 2, 0])).backward()
    assert all(torch.equal(value, before[name]) for name, value in model.named_buffers())


def test_only_grey_and_coloured_pictures_fit():
    assert catalog.misfit("classification", "torchvision", "digits") is None
    four = GREY.model_copy(update={"shape": (4, 28, 28)})
    assert Torchvision.misfit(four) == "torchvision's networks need pictures, grey or coloured."
