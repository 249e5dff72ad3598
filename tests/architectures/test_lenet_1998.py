"""LeNet-5 of 1998, against the paper's figures."""

import torch
import torch.nn.functional as F

from core.architectures.lenet_1998 import JOINED, JoinedConvolution, LeNet1998, Squash, Subsampling
from core.catalog import DataSpec

SPEC = DataSpec(
    kind="images", shape=(1, 28, 28), sizes={"train": 55_000}, classes=tuple("0123456789"), mean=(0.1,), std=(0.3,)
)


def parameters(module: torch.nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def test_it_has_the_paper_s_sixty_thousand_parameters_layer_by_layer():
    layers = LeNet1998(LeNet1998.Settings(), SPEC).layers
    # Section II.B: C1 156, S2 12, C3 1,516, S4 32, C5 48,120, F6 10,164
    assert [parameters(layer) for layer in layers if parameters(layer)] == [156, 12, 1516, 32, 48_120, 10_164]
    assert parameters(layers) == 60_000


def test_each_map_of_c3_sees_the_maps_of_table_one_and_no_others():
    torch.manual_seed(0)
    convolution = JoinedConvolution()
    maps = torch.randn(1, 6, 14, 14)
    whole = convolution(maps)
    for silent in range(6):
        changed = maps.clone()
        changed[:, silent] += 1
        moved = (convolution(changed) - whole).abs().amax((0, 2, 3)) > 1e-6
        assert moved.tolist() == [silent in joined for joined in JOINED]


def test_subsampling_is_a_factor_and_a_bias_on_the_sum_of_four():
    layer = Subsampling(2)
    with torch.no_grad():
        layer.factor.copy_(torch.tensor([0.5, 2.0]).view(2, 1, 1))
        layer.bias.copy_(torch.tensor([1.0, -1.0]).view(2, 1, 1))
    maps = torch.rand(3, 2, 4, 6)
    sums = F.conv2d(maps, torch.ones(2, 1, 2, 2), stride=2, groups=2)
    assert torch.allclose(layer(maps), sums * layer.factor + layer.bias)


def test_the_squashing_hands_one_and_minus_one_on():
    assert torch.allclose(Squash()(torch.tensor([-1.0, 0.0, 1.0])), torch.tensor([-1.0, 0.0, 1.0]), atol=1e-4)


def test_the_answer_is_the_class_whose_code_the_last_layer_makes():
    model = LeNet1998(LeNet1998.Settings(), SPEC)
    codes = model.layers[-1]
    scores = codes(codes.codes)  # (classes, classes)
    assert torch.equal(scores.argmax(1), torch.arange(10)) and torch.equal(scores.diagonal(), torch.zeros(10))
    assert scores[0, 1].item() == -4 * (codes.codes[0] != codes.codes[1]).sum().item() / 16
