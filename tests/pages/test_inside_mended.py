"""Inside under AppTest: codes of pictures, and pictures that are cleaned, filled and coloured."""

import pytest

from core.inside import films
from tests.inside.test_colouring import animated, film
from tests.pages.driving import address_of, opened, ran, words
from tests.pages.test_inside import SEVEN, kept

ONE = "gECAwA"


def test_a_drawing_goes_through_its_code_and_back_and_to_another():
    run_id = kept("reconstruction", "vae", "digits", model={"latent": 5, "width": 4})
    page = opened("inside", run=run_id, drawing=SEVEN)
    assert "**Back from its code**" in words(page) and "**Its code: 5 numbers**" in words(page)
    assert "Latent space" in page.segmented_control("view").options
    page.segmented_control("code").set_value("A walk")
    ran(page)
    assert "Take two pictures" in words(page)
    page = opened("inside", run=run_id, drawing=SEVEN, code="A walk", second_drawing=ONE, walk="0.25")
    assert "At 25 %" in words(page) and address_of(page)["second_drawing"] == ONE


def test_the_codes_of_the_test_data_are_a_map():
    run_id = kept("reconstruction", "dense-autoencoder", "digits", model={"latent": 2, "width": 8})
    page = opened("inside", run=run_id, code="A map")
    assert "of the test split along their two principal components, which show 100 %" in words(page)


def test_what_is_painted_over_is_filled_and_measured_against_the_mean():
    run_id = kept("inpainting", "partial-unet", "faces", model={"width": 4, "depth": 2})
    page = opened("inside", run=run_id, input="Photograph", side="64")
    assert "Paint over a part of the picture" in words(page)
    page = opened("inside", run=run_id, input="Photograph", side="64", painted=SEVEN, brush="30")
    assert address_of(page)["painted"] == SEVEN
    assert [metric.label for metric in page.metric] == ["Hole PSNR", "Hole error", "SSIM"]
    hidden = next(caption.value for caption in page.caption if "is hidden" in caption.value)
    page.slider("brush").set_value(10)
    ran(page)
    assert next(caption.value for caption in page.caption if "is hidden" in caption.value) != hidden


def test_a_hole_by_chance_is_the_seed_s():
    run_id = kept("inpainting", "unet", "faces", model={"width": 4, "depth": 2})
    page = opened("inside", run=run_id, input="Photograph", hole="By chance", seed="3")
    assert "20 % of the picture is hidden" in words(page)


def test_a_photograph_is_coloured_and_a_grey_one_has_nothing_to_compare_with():
    run_id = kept("colourisation", "colour-net", "faces", model={"width": 4})
    page = opened("inside", run=run_id, input="Photograph", side="64")
    assert [metric.label for metric in page.metric] == ["Error in a and b", "PSNR"]
    page.selectbox("photograph").select("Photographer")
    ran(page)
    assert "It has no colours to compare with." in words(page) and not page.metric


def test_a_film_is_coloured_and_steadiness_calms_it():
    name = films.keep(animated(film(), "WEBP"))
    run_id = kept("colourisation", "colour-net", "faces", model={"width": 4})
    page = opened("inside", run=run_id, kind="A film", film=name, steady="0.8")
    assert "6 frames of 40 × 24 pixels" in words(page)
    calm = float(page.metric[0].value)
    page.slider("steady").set_value(0.0)
    ran(page)
    assert address_of(page)["steady"] == "0.0" and float(page.metric[0].value) >= calm
    assert "Upload a short film" in words(opened("inside", run=run_id, kind="A film"))


def test_a_photograph_is_made_noisy_and_cleaned():
    page = opened("inside", run=kept("denoising", "autoencoder", "digits"), input="Photograph", sigma="0.1")
    figures = [caption.value for caption in page.caption if "SSIM" in caption.value]
    assert len(figures) == 2
    assert float(figures[0].split()[0]) == pytest.approx(20, abs=0.6)  # -20 log10(0.1), a little more after clipping
    page.slider("sigma").set_value(0.3)
    ran(page)
    assert address_of(page)["sigma"] == "0.3"
    page.selectbox("noise").select("Speckle")
    ran(page)
    assert "trained on another kind: gaussian noise" in words(page)
    page.selectbox("noise").select("My picture is noisy already")
    ran(page)
    assert "can't be measured" in words(page) and not page.slider


def test_a_large_photograph_is_cleaned_in_full_and_looked_at_closer():
    run_id = kept("denoising", "autoencoder", "digits", model={"width": 4, "depth": 1})
    page = opened("inside", run=run_id, input="Photograph", photograph="Photographer", size="Full size", across="1")
    assert "512 × 512 pixels, as it is" in words(page) and "Closer" in words(page)
    assert len(page.get("download_button")) == 1
    page.slider("down").set_value(0.25)
    ran(page)
    assert address_of(page)["down"] == "0.25"
    page.segmented_control("size").set_value("Shrunk, at once")
    ran(page)
    assert "Shrunk from 512 × 512 pixels to 384" in words(page) and "Closer" not in words(page)
