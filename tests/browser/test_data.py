"""The Data page in Chromium."""

import io
import urllib.request
import zipfile

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect


@pytest.fixture(scope="module", autouse=True)
def no_network():
    """The app reaches nothing but this machine."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("http_proxy", "https_proxy"):
            patch.setenv(name, "http://127.0.0.1:9")
        patch.setenv("no_proxy", "localhost,127.0.0.1")
        yield
    urllib.request.install_opener(None)  # this process's own has kept the proxies


def test_a_card_opens_a_wall_that_is_drawn_anew_of_a_picked_class(page: Page, photograph, settle):
    page.goto("/data")
    settle(page)
    photograph(page, "data")
    page.get_by_role("link", name="Tiny digits").click()
    page.wait_for_url("**/data?dataset=sklearn-digits")
    pictures = page.locator(".wall img")
    expect(pictures).to_have_count(40)
    first = pictures.first.get_attribute("src")
    page.get_by_role("button", name="Draw others").click()
    page.wait_for_url("**draw=1**")
    expect(pictures.first).not_to_have_attribute("src", first)
    page.get_by_role("link", name="All data sets").click()
    page.wait_for_url("**/data")
    page.go_back()
    expect(pictures).to_have_count(40)
    page.goto("/data?dataset=sklearn-digits&class=3")
    expect(page.locator(".wall figcaption").first).to_have_text("3")
    assert set(page.locator(".wall figcaption").all_inner_texts()) == {"3"}
    expect(page.locator(".js-plotly-plot")).to_have_count(1)
    photograph(page, "data-digits")


def test_a_wall_fits_a_phone(page: Page, settle):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/data?dataset=digits")
    settle(page)
    expect(page.locator(".wall img")).to_have_count(40)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert page.locator(".wall img").first.bounding_box()["width"] > 50


def test_a_download_without_network_says_so_where_it_was_asked_for(page: Page, settle):
    page.goto("/data?dataset=kmnist")
    settle(page)
    page.get_by_role("button", name="Download").click()
    expect(page.get_by_text("Kuzushiji-MNIST could not be downloaded: check the network")).to_be_visible()
    expect(page.get_by_role("button", name="Download")).to_be_visible()


def test_an_uploaded_zip_is_checked_added_offered_for_launch_and_removed(page: Page, photograph, settle, tmp_path):
    path = tmp_path / "garden flowers.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, level in (("rose", 200), ("tulip", 50)):
            for i in range(12):
                held = io.BytesIO()
                Image.fromarray(np.full((16, 16, 3), (level, 10 * i, 90), np.uint8)).save(held, "PNG")
                archive.writestr(f"flowers/{name}/{i}.png", held.getvalue())
        archive.writestr("flowers/rose/broken.png", b"?")
    page.goto("/data")
    settle(page)
    page.get_by_role("button", name="Bring your own").click()
    page.wait_for_url("**bring=1**")
    page.locator('input[type="file"]').set_input_files(path)
    expect(page.get_by_text("1 of the 25 pictures can't be read")).to_be_visible()
    expect(page.get_by_role("button", name="Add", exact=True)).to_be_disabled()
    page.get_by_text("Leave out what can't be read", exact=True).click()
    settle(page)
    expect(page.get_by_role("button", name="Add", exact=True)).to_be_enabled()
    expect(page.get_by_label("Title")).to_have_value("Garden flowers")
    settle(page)
    photograph(page, "bring-checked")
    page.get_by_role("button", name="Add", exact=True).click()
    page.wait_for_url("**/data?dataset=garden-flowers")
    expect(page.get_by_role("heading", name="Garden flowers")).to_be_visible()
    expect(page.locator(".wall img").first).to_be_visible()
    settle(page)
    page.goto("/launch?task=classification&architecture=mlp&dataset=garden-flowers")
    settle(page)
    expect(page.get_by_role("radio", name="Garden flowers")).to_be_checked()
    page.goto("/data?dataset=garden-flowers")
    settle(page)
    page.get_by_role("button", name="Remove").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    page.wait_for_url("**/data")
    expect(page.get_by_role("heading", name="Data", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Garden flowers")).to_have_count(0)
