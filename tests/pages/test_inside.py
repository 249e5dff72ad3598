"""The Inside page under AppTest, from app.py as a person meets it. The models are untrained: what is shown holds for any."""

import math
import re
from pathlib import Path

import pytest
import torch

from core import catalog
from core.catalog import DataSpec
from core.datasets import subwords
from core.datasets.base import Data, Split
from core.experiment import Experiment
from core.tracking import store, write
from core.training.setup import build_model
from tests.pages.driving import address_of, opened, ran, words

APP = Path(__file__).resolve().parents[2] / "app.py"
SEVEN = "QEBQP2A_cD6APZA-oD-wP8BAtlCtYKNwmoCQloatfcNz2g"
VOCABULARY = ("<padding>", "<unknown>", "a", "moving", "story", ",", "beautifully", "told")
LETTERS = tuple(" abcdefghijklmnopqrstuvwxyz")


def kept(task: str, architecture: str, dataset: str, state: str = "FINISHED", seed: int = 0, model: dict | None = None,
         objective: dict | None = None, **spec_of_data) -> str:
    """A run that kept its weights at steps 0 and 10."""
    experiment = Experiment.make(task, architecture, dataset, seed=seed, model=model or {}, objective=objective or {})
    spec: DataSpec = catalog.get("dataset", dataset)(experiment.data).spec().model_copy(update=spec_of_data)
    run_id = write.create_run(experiment)
    store.client().update_run(run_id, status="RUNNING")
    log = write.RunLog(run_id, Path("none"), lambda: False, lambda: None)
    inputs = torch.zeros(1, *spec.shape, dtype=torch.uint8)
    split = Split(inputs, torch.zeros(1, dtype=torch.int64))
    log.data(dataset, Data(spec, split, split, split, "nowhere"))
    torch.manual_seed(seed)
    weights = build_model(experiment, spec).state_dict()
    log.weights(weights, 0)
    log.weights(weights, 10)
    log.close()
    if state != "RUNNING":
        write.finish(run_id, state)
    return run_id


@pytest.fixture
def digits() -> str:
    return kept("classification", "lenet", "digits")


def test_an_empty_store_says_what_will_be_here():
    assert "Nothing to look into yet" in words(opened("inside"))


def test_a_run_is_named_with_its_seed(digits):
    page = opened("inside", run=digits)
    assert any(re.fullmatch(r"LeNet-5 on Digits · seed 0 · (just now|\d+ (s|min) ago)", option)
               for option in page.selectbox("run").options)
    assert "The answer appears here" in words(page)


def test_a_link_with_a_drawing_shows_its_answer_and_the_way_through_the_layers(digits):
    page = opened("inside", run=digits, drawing=SEVEN, layer="convolution 2", map="3")
    assert page.metric[0].value in "0123456789"
    assert page.selectbox("layer").value == "convolution 2"
    assert "**Convolution 2, map 3**" in words(page)
    assert "these 14 × 14 pixels" in words(page)


def test_another_layer_goes_into_the_address(digits):
    page = opened("inside", run=digits, drawing=SEVEN, layer="convolution 2", map="3")
    page.selectbox("layer").select("relu 1")
    ran(page)
    assert address_of(page)["layer"] == "relu 1"
    assert "map" not in page.query_params


def test_an_older_checkpoint_can_be_slid_to(digits):
    page = opened("inside", run=digits, drawing=SEVEN)
    assert page.select_slider("step_of_2").value == 10
    page.select_slider("step_of_2").set_value(0)
    ran(page)
    assert address_of(page)["step"] == "0"
    page.select_slider("step_of_2").set_value(10)  # the newest needs no word in the address: it may become another
    ran(page)
    assert "step" not in page.query_params


def test_a_picture_of_the_validation_data_can_be_taken(digits):
    page = opened("inside", run=digits, input="From the data", index="60")
    assert page.number_input("index").value == 60
    assert page.metric[0].value in "0123456789"


def test_a_picture_of_the_test_data_can_be_taken(digits):
    page = opened("inside", run=digits, input="From the data", split="test", index="60")
    assert "Picture of the test data" in [field.label for field in page.number_input]


def test_a_picture_can_be_taken_with_the_camera(digits):
    assert "Camera" in opened("inside", run=digits).segmented_control("input").options
    page = opened("inside", run=digits, input="Camera")
    assert page.get("camera_input") and "The answer appears here" in words(page)


def test_each_look_at_a_picture_is_drawn_alone_and_stands_in_the_address(digits):
    page = opened("inside", run=digits, drawing=SEVEN)
    for look, said in {"Evidence": "on the way from an empty picture", "Convolution": "(bias) =",
                       "Pooling": "From 28×28 to 14×14", "Layers": "The way through the network"}.items():
        page.segmented_control("look").set_value(look)
        ran(page)
        assert address_of(page)["look"] == look
        assert said in words(page)
        assert ("The way through the network" in words(page)) == (look == "Layers")


@pytest.mark.parametrize("method", ["Integrated gradients", "Saliency", "Occlusion", "Grad-CAM"])
def test_any_class_can_be_asked_for_its_evidence(digits, method):
    page = opened("inside", run=digits, drawing=SEVEN, look="Evidence", method=method)
    page.selectbox("class").select("4")
    ran(page)
    assert address_of(page)["class"] == "4"
    assert "against 4" in words(page).replace(":orange[", "").replace("]", "") or "What matters for 4" in words(page)
    assert {box.key for box in page.selectbox} >= ({"layer"} if method == "Grad-CAM" else set())


def test_votes_can_only_be_asked_by_covering_the_picture():
    page = opened("inside", run=kept("classification", "knn", "digits"), drawing=SEVEN, method="Saliency")
    assert "square covers the picture" in words(page) and "no slope" in words(page)
    assert [control.key for control in page.segmented_control] == ["view", "input", "look"]


def test_a_convolution_is_worked_out_where_the_sliders_say(digits):
    page = opened("inside", run=digits, drawing=SEVEN, look="Convolution", layer="convolution 2", map="3", row="4",
                  column="5")
    terms = next(text.value for text in page.markdown if "(bias)" in text.value)
    numbers = [float(number.replace("−", "-")) for number in re.findall(r"[+−]\d+\.\d+", terms)]
    assert sum(numbers[:-1]) == pytest.approx(numbers[-1], abs=0.004)
    page.slider("row").set_value(6)
    ran(page)
    assert address_of(page)["row"] == "6"
    assert terms != next(text.value for text in page.markdown if "(bias)" in text.value)
    page.selectbox("layer").select("convolution 1")
    ran(page)
    assert not {"row", "column", "map"} & set(page.query_params)  # they belonged to the other layer


@pytest.mark.parametrize(("architecture", "layer", "said"), [
    ("lenet", "convolution 2", "32 × 12 5×5 kernels"), ("lenet", "dense 2", "168 × 240 weights"),
    ("mlp", "dense 1", "256 of them, each 28×28"), ("kmeans", "centroids", "200 of them, each 28×28"),
])
def test_weights_are_shown_with_their_histogram(architecture, layer, said):
    page = opened("inside", run=kept("classification", architecture, "digits"), view="Weights", layer=layer)
    assert said in words(page)
    assert "standard deviation" in words(page)


def test_what_excites_a_class_is_made_and_found(digits):
    page = opened("inside", run=digits, view="What excites it", **{"class": "7"})
    assert re.search(r"Its answer rises from -?\d+\.\d\d to", words(page))
    assert len(re.findall(r"<figcaption>“\d”, -?\d+\.\d\d", "".join(shown.proto.body for shown in page.get("html")))) == 9
    page.selectbox("layer").select("convolution 2")
    ran(page)
    assert "over the whole map" in words(page)


def test_votes_are_excited_by_pictures_that_are_found_only():
    page = opened("inside", run=kept("classification", "knn", "digits"), view="What excites it")
    assert "it has no slope, or it is silent" in words(page)
    assert len(re.findall(r"<figcaption>“\d”, -?\d+\.\d\d", "".join(shown.proto.body for shown in page.get("html")))) == 9


def test_a_deep_network_s_layers_are_picked_by_their_block():
    deep = kept("classification", "resnet-cifar", "digits")
    page = opened("inside", run=deep, drawing=SEVEN)
    page.selectbox("layer_part").select("Block 7")
    ran(page)
    assert address_of(page)["layer"] == page.selectbox("layer").value == "convolution 14"
    assert len(page.selectbox("layer").options) == 6


def test_what_fits_is_offered_and_no_more(digits):
    assert opened("inside", run=digits).segmented_control("view").options == [
        "One picture", "Whole test set", "Weights", "What excites it"]
    assert opened("inside", run=kept("classification", "svm", "digits")).segmented_control("view").options == [
        "One picture", "Whole test set", "What excites it"]
    assert opened("inside", run=kept("adversarial", "dcgan", "faces")).segmented_control("view").options == [
        "Latent space", "Gallery", "Arithmetic", "Your picture", "Discriminator"]
    assert not [control for control in opened("inside", run=kept("denoising", "autoencoder", "digits")).segmented_control
                if control.key == "view"]


def test_two_models_are_asked_the_same_side_by_side(digits):
    other = kept("classification", "mlp", "digits", seed=3)
    page = opened("inside", run=digits, other=other, drawing=SEVEN)
    assert len(page.metric) == 2
    assert {"step_of_2", "other_step_of_2"} <= {slider.key for slider in page.select_slider}


def test_a_run_is_compared_with_itself_at_its_start(digits):
    page = opened("inside", run=digits, other=digits, other_step="0", drawing=SEVEN)
    heads = [head.value for head in page.subheader if "way through" in head.value]
    assert [head.rpartition(", ")[2] for head in heads] == ["step 10", "step 0"]


def test_only_what_takes_the_same_is_offered_for_comparison(digits):
    reader = kept("text_classification", "transformer-encoder", "film-reviews", vocabulary=VOCABULARY,
                  vocabulary_size=len(VOCABULARY))
    page = opened("inside", run=reader)
    assert all("Transformer" in option for option in page.selectbox("other").options)
    assert "Transformer" not in "".join(opened("inside", run=digits).selectbox("other").options)


@pytest.mark.parametrize(("address", "said"), [
    ({"run": "0" * 32}, "There is no run"),
    ({"step": "12345"}, "There is no checkpoint of step 12345"),
    ({"drawing": "QEB!"}, "drawing in this address is damaged"),
])
def test_what_vanished_or_is_damaged_is_said_in_a_sentence(digits, address, said):
    assert said in words(opened("inside", **{"run": digits} | address))


@pytest.mark.parametrize("address", [
    {"layer": "relu 99", "map": "x"}, {"map": "100000"}, {"input": "Telepathy"}, {"index": "-5", "input": "From the data"},
    {"other": "nobody"}, {"step": "-1"}, {"view": "Nowhere"}, {"look": "Telepathy"}, {"look": "Evidence", "class": "99"},
    {"look": "Convolution", "row": "-3", "column": "1000", "map": "99"}, {"look": "Pooling", "map": "x"},
    {"view": "Weights", "layer": "dense 9", "map": "4000"}, {"view": "What excites it", "layer": "relu 77", "class": "k"},
])
def test_nonsense_in_the_address_is_harmless(digits, address):
    opened("inside", **{"run": digits, "drawing": SEVEN} | address)


def test_a_run_that_still_trains_is_followed():
    run_id = kept("classification", "mlp", "digits", state="RUNNING", seed=9)
    try:
        assert "follows its newest checkpoint" in words(opened("inside", run=run_id))
    finally:
        write.finish(run_id, "KILLED")


def test_a_waiting_run_is_not_asked(digits):
    waiting = write.create_run(Experiment.make("classification", "mlp", "digits", seed=77))
    assert "still waiting" in words(opened("inside", run=waiting))


def test_knobs_turn_and_stay_in_the_address():
    page = opened("inside", run=kept("adversarial", "dcgan", "faces"), seed="4")
    assert page.number_input("seed").value == 4
    page.slider("knob_1").set_value(1.5)
    ran(page)
    assert address_of(page)["knobs"] == "0,1.5,0,0,0,0"
    page.button[[button.label for button in page.button].index("Knobs to the middle")].click()
    ran(page)
    assert page.slider("knob_1").value == 0
    page.button[[button.label for button in page.button].index("New noise")].click()
    ran(page)
    assert address_of(page)["seed"] != "4"
    page.slider("walk").set_value(0.25)
    ran(page)
    assert address_of(page)["walk"] == "0.25"


def test_a_sentence_is_read_and_a_head_is_picked():
    run_id = kept("text_classification", "transformer-encoder", "film-reviews", seed=1, vocabulary=VOCABULARY,
                  vocabulary_size=len(VOCABULARY))
    page = opened("inside", run=run_id, text="A moving octopus, beautifully told", head="2.3")
    assert page.metric[0].value in ("negative", "positive")
    assert "**Layer 2, head 3**" in words(page)
    assert "never read the underlined one" in words(page)
    page.text_input("text").set_value("a story " * 60)
    ran(page)
    assert "last 56 words and signs were left out" in words(page)
    page.text_input("text").set_value("")
    ran(page)
    assert "no word in this text" in words(page)


def test_the_memory_of_a_recurrent_network_is_seen_gate_by_gate_and_cell_by_cell():
    run_id = kept("text_classification", "lstm", "film-reviews", vocabulary=VOCABULARY, vocabulary_size=len(VOCABULARY),
                  model={"width": 30, "depth": 2, "bidirectional": True})
    page = opened("inside", run=run_id, text="a moving story , beautifully told")
    assert "What it remembers" in words(page) and "How far back it sees" in words(page)
    assert "Attention" not in words(page)
    assert page.selectbox("recurrent").options == [
        "Layer 1, forwards", "Layer 1, backwards", "Layer 2, forwards", "Layer 2, backwards"]
    page.selectbox("recurrent").select("Layer 2, backwards")
    ran(page)
    page.segmented_control("seen").set_value("forget gate")
    ran(page)
    page.number_input("cell").set_value(7)
    ran(page)
    assert {"recurrent": "Layer 2, backwards", "seen": "forget gate", "cell": "7"}.items() <= address_of(page).items()
    assert "How much of the cell is kept" in words(page)


def test_an_address_that_asks_for_what_a_recurrent_network_has_not_shows_what_it_has():
    run_id = kept("text_classification", "elman", "film-reviews", vocabulary=VOCABULARY, vocabulary_size=len(VOCABULARY))
    page = opened("inside", run=run_id, text="a story", recurrent="Layer 9", seen="forget gate", cell="x")
    assert "The state that the next step" in words(page) and not page.error


def test_attention_is_seen_as_the_mean_of_the_heads_as_rollout_and_as_lines():
    run_id = kept("text_classification", "transformer-encoder", "film-reviews", seed=1, vocabulary=VOCABULARY,
                  vocabulary_size=len(VOCABULARY))
    page = opened("inside", run=run_id, text="A moving story", head="2.mean", drawn="Lines", looks="2: moving")
    assert "**Layer 2, mean of its heads**" in words(page)
    assert page.selectbox("looks").value == "2: moving"
    assert page.selectbox("looks").options == ["every word", "1: a", "2: moving", "3: story"]
    page = opened("inside", run=run_id, text="A moving story", head="rollout", looks="9: gone")
    assert "**Rollout through all layers**" in words(page) and not page.error


@pytest.fixture
def writer() -> str:
    return kept("language_modelling", "gpt", "python-reference", model={"width": 16, "depth": 2}, vocabulary=LETTERS,
                vocabulary_size=len(LETTERS))


def place(page) -> str:
    return next(text.value for text in page.caption if "stands there" in text.value)


def test_a_text_is_gone_on_with_and_any_place_of_it_can_be_looked_at(writer):
    page = opened("inside", run=writer, prompt="a cat!", count="40")
    assert "bits a character" in words(page) and "blind guessing among 27 would cost 4.75" in words(page)
    assert "never read them: !" in words(page)
    assert "What could stand at place 5" in words(page) and "Where each head looks back" in words(page)
    page = opened("inside", run=writer, prompt="a cat!", place="2")
    assert "“c” stands there" in place(page)


def test_the_knobs_of_writing_stand_in_the_address(writer):
    page = opened("inside", run=writer, prompt="a cat", temperature="0", place="9")
    surest = place(page)
    page.slider("temperature").set_value(2.0)
    ran(page)
    assert address_of(page)["temperature"] == "2.0" and place(page) != surest
    page.slider("top_p").set_value(0.05)  # of 27 that are nearly alike, two make up so much
    ran(page)
    assert address_of(page)["top_p"] == "0.05" and "a chance of 50 %" in place(page)
    page.slider("count").set_value(0)
    ran(page)
    assert "What could stand at place 4" in words(page)  # the text's own last: nothing was written
    page.button[[button.label for button in page.button].index("Write anew")].click()
    ran(page)
    assert int(address_of(page)["seed"]) >= 0
    page.text_area("prompt").set_value("the end")
    ran(page)
    assert address_of(page)["prompt"] == "the end"


def test_two_writers_are_given_the_same_text(writer):
    other = kept("language_modelling", "gpt", "python-reference", seed=5, model={"width": 16, "depth": 1},
                 vocabulary=LETTERS, vocabulary_size=len(LETTERS))
    page = opened("inside", run=writer, other=other, prompt="a cat", place="3", other_place="4")
    assert [text.value.split()[0] for text in page.caption if "stands there" in text.value] == ["“a”", "“t”"]


def test_a_writer_in_pieces_of_words_counts_its_bits_by_the_character():
    tokeniser = subwords.train(["a cat sat on a mat"], 300)
    run_id = kept("language_modelling", "lstm", "python-reference", model={"width": 16}, objective={"carry_state": True},
                  tokeniser=tokeniser, vocabulary=subwords.vocabulary(tokeniser),
                  vocabulary_size=len(subwords.vocabulary(tokeniser)))
    page = opened("inside", run=run_id, prompt="a cat cat", count="20", place="2")
    kinds = len(subwords.vocabulary(tokeniser))
    assert f"blind guessing among {kinds} would cost {math.log2(kinds) / 4:.2f}" in words(page)  # " a", " cat", " cat"
    assert "“␣cat” stands there" in place(page) and "never read" not in words(page)


def test_a_recurrent_writer_shows_its_cells_over_the_text_before_the_place():
    run_id = kept("language_modelling", "gru", "python-reference", model={"width": 16}, vocabulary=LETTERS,
                  vocabulary_size=len(LETTERS))
    page = opened("inside", run=run_id, prompt="a cat", place="4", seen="update gate")
    assert "How much of the old state is kept" in words(page) and "How far back it sees" in words(page)
    assert "Where each head looks back" not in words(page)


@pytest.mark.parametrize(("address", "said"), [
    ({"prompt": "ÉÉ"}, "Type at least one character"), ({"prompt": "a", "count": "0"}, "The stronger a character's ground"),
    ({"place": "99999", "temperature": "k", "top_p": "7", "count": "100000", "seed": "-3"}, "stands there"),
])
def test_nonsense_in_a_writer_s_address_is_harmless_or_said(writer, address, said):
    assert said in words(opened("inside", run=writer, **address))
