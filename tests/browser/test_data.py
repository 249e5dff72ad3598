"""The Data page in Chromium."""

import urllib.request

import pytest
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
