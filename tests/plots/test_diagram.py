"""What the diagram of a network shows of its layers."""

from xml.etree import ElementTree

import pytest

from core.experiment import Experiment
from core.plots.diagram import MOST, diagram
from core.plots.parts import parts
from core.training.summary import Layer, summarise

SVG = "{http://www.w3.org/2000/svg}"


def layers_of(task: str, architecture: str, dataset: str, **model) -> tuple[Layer, ...]:
    return summarise(Experiment.make(task, architecture, dataset, model=model)).layers


def convolution(name: str, maps: int, side: int, taken: tuple[int, ...]) -> list[Layer]:
    """A 3×3 convolution with its normalisation and its bend."""
    shape = (maps, side, side)
    return [
        Layer(f"{name}.0", "Conv2d", shape, 9 * maps * taken[0], taken),
        Layer(f"{name}.1", "BatchNorm2d", shape, 2 * maps, shape),
        Layer(f"{name}.2", "ReLU", shape, 0, shape),
    ]


def resnet(blocks: int, convolutions: int = 2) -> list[Layer]:
    """The CIFAR network of He et al. 2015, section 4.2, from its shapes: three stages of blocks, without weights in the
    shortcuts."""
    layers, taken = convolution("enter", 16, 32, (3, 32, 32)), (16, 32, 32)
    for stage, (maps, side) in enumerate(((16, 32), (32, 16), (64, 8))):
        for block in range(blocks):
            for i in range(convolutions):
                layers += convolution(f"stages.{stage}.{block}.residual.{i}", maps, side, taken)
                taken = (maps, side, side)
    layers.append(Layer("pool", "AdaptiveAvgPool2d", (64, 1, 1), 0, taken))
    layers.append(Layer("flatten", "Flatten", (64,), 0, (64, 1, 1)))
    return [*layers, Layer("classifier", "Linear", (10,), 650, (64,))]


def drawn(layers, title: str = "Net", **options) -> ElementTree.Element:
    return ElementTree.fromstring(diagram(layers, title, **{"dark": False} | options))


def texts(layers) -> list[str]:
    return [text.text for text in drawn(layers).iter(f"{SVG}text")]


def tooltips(layers) -> list[str]:
    return [title.text for group in drawn(layers).iter(f"{SVG}g") for title in group.findall(f"{SVG}title")]


def test_lenet_has_the_layers_of_the_papers_figure():
    found = parts(layers_of("classification", "lenet", "digits", width=1), MOST)
    assert [(part.word, part.shape) for part in found] == [
        ("Input", (1, 28, 28)), ("Convolution", (6, 28, 28)), ("Max pooling", (6, 14, 14)), ("Convolution", (16, 10, 10)),
        ("Max pooling", (16, 5, 5)), ("Linear", (120,)), ("Linear", (84,)), ("Linear", (10,)),
    ]
    assert [part.figure for part in found[1:4]] == ["maps", "pool", "maps"]


def test_a_tooltip_says_layer_shape_and_parameters_and_what_bends_its_output():
    shown = tooltips(layers_of("classification", "lenet", "digits", width=1))
    assert len(shown) == 8
    assert "Conv2d · 6×28×28 · 156 parameters" in shown[1] and "ReLU · 6×28×28" in shown[1]


def test_names_and_shapes_stand_below_the_figures_unless_they_are_left_out():
    layers = layers_of("classification", "lenet", "digits", width=1)
    assert texts(layers)[:4] == ["Input", "1×28×28", "Convolution", "6×28×28"]
    assert not list(drawn(layers, labels=False).iter(f"{SVG}text"))


def test_more_maps_are_more_sheets_and_a_smaller_picture_is_a_lower_one():
    def sheets(maps: int, side: int) -> list[float]:
        group, = (group for group in drawn(convolution("c", maps, side, (1, 32, 32))).iter(f"{SVG}g")
                  if (shown := group.find(f"{SVG}title")) is not None and "Conv2d" in shown.text)
        return [float(path.get("d").split("v")[1].split("l")[0]) for path in group.iter(f"{SVG}path")]

    assert [len(sheets(maps, 16)) for maps in (1, 8, 64)] == [1, 4, 7]
    assert sheets(8, 32)[0] > sheets(8, 16)[0] > sheets(8, 8)[0]


def test_a_generator_and_its_discriminator_are_two_rows():
    layers = layers_of("adversarial", "dcgan", "faces")
    shown = texts(layers)
    assert [word for word in shown if word in ("Generator", "Discriminator")] == ["Generator", "Discriminator"]
    assert shown.count("Up-convolution") == 4
    assert shown.count("Input") == 2


def test_a_transformer_is_boxes_that_repeat():
    found = parts(layers_of("text_classification", "transformer-encoder", "film-reviews", depth=3), MOST)
    assert [part.word for part in found] == ["Input", "Embedding", "Block", "Linear"]
    assert [part.word for part in found[2].parts] == ["Attention", "Feed-forward"]
    assert found[2].times == 3


def test_the_blocks_of_a_deep_network_are_folded():
    layers = resnet(18)
    found = parts(layers, MOST)
    assert [part.times for part in found] == [1, 1, 18, 18, 18, 1, 1]
    assert texts(layers).count("×18") == 3


def test_nothing_is_lost_in_folding():
    layers = resnet(18)
    found = parts(layers, MOST)
    assert sum(part.parameters for part in found) == sum(layer.parameters for layer in layers)
    assert sorted(layer.name for part in found for layer in part.layers) == sorted(layer.name for layer in layers)


def unlike(count: int) -> list[Layer]:
    """A flat network of which no two layers are alike."""
    return [Layer(f"layers.{i}", "Linear", (i + 2,), 1, (i + 1,)) for i in range(count)]


@pytest.mark.parametrize(
    "layers", [resnet(3, convolutions=12), unlike(25), unlike(300), resnet(1, convolutions=40)],
    ids=["long blocks", "one too many", "hundreds", "long stages"],
)
def test_a_diagram_is_never_too_long_and_loses_nothing(layers: list[Layer]):
    assert len(tooltips(layers)) <= MOST + 4  # the input, and a bracket for each stage
    assert sum(part.parameters for part in parts(layers, MOST)) == sum(layer.parameters for layer in layers)


def test_a_learner_without_layers_is_one_box():
    layers = [Layer("", "NearestNeighbours", (10,), 0, (1, 28, 28))]
    assert texts(layers) == ["Input", "1×28×28", "Nearest neighbours", "10"]


def test_a_network_that_changes_nothing_is_one_box():
    layers = [Layer("flatten", "Flatten", (784,), 0, (1, 28, 28))]
    assert texts(layers)[2:] == ["Network", "784"]


def test_weights_of_a_module_beside_its_layers_are_counted():
    layers = [Layer("a", "Linear", (3,), 6, (2,)), Layer("", "Net", (3,), 5, (2,))]
    found = parts(layers, MOST)
    assert [part.word for part in found] == ["Input", "Linear"] and found[1].parameters == 11


def test_the_drawing_is_named_and_described_and_its_words_are_escaped():
    found = drawn([Layer("", "Net", (2,), 1, (3,))], title='Smith & "Son" <net>')
    named = {element.get("id"): element.text for element in found.iter() if element.get("id")}
    assert named[found.get("aria-labelledby")] == 'Diagram of Smith & "Son" <net>'
    assert named[found.get("aria-describedby")] == "Input 3, Net 2."


def test_light_and_dark_differ_in_their_colours_alone():
    light, dark = (list(drawn(resnet(2), dark=mode).iter()) for mode in (False, True))
    assert [element.tag for element in light] == [element.tag for element in dark]
    assert {element.get("fill") for element in light} != {element.get("fill") for element in dark}
