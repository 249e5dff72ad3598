"""The atlas in Chromium: a stop of the timeline opens its card, with the drawing large, for the keyboard too."""

import re

from playwright.sync_api import Page, expect


def test_a_stop_opens_its_card_and_the_drawing_stays_within_the_page(page: Page, settle, photograph):
    page.goto("/atlas")
    settle(page)
    line = page.get_by_role("list", name="Architectures in the order of time")
    line.get_by_role("link", name=re.compile(r"LeNet-5$")).focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("architecture=lenet"))
    settle(page)
    card = page.locator(".st-key-card_lenet")
    expect(card.get_by_role("img", name="Diagram of LeNet-5")).to_be_in_viewport()
    expect(card.get_by_text("12×28×28", exact=True)).to_be_visible()
    expect(line.get_by_role("link", name=re.compile(r"LeNet-5$"))).to_have_attribute("aria-current", "true")
    photograph(page, "atlas")

    page.set_viewport_size({"width": 390, "height": 844})
    settle(page)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    drawing = card.get_by_role("img", name="Diagram of LeNet-5")
    assert drawing.bounding_box()["width"] > 390  # names as large as they can be read: the box scrolls, not the page
    card.get_by_role("button", name="Close").click()
    page.wait_for_url(re.compile(r"/atlas\??$"))
    page.locator(".st-key-card_dcgan").get_by_role("button", name="Open").click()
    page.wait_for_url(re.compile("architecture=dcgan"))
    expect(page.get_by_role("img", name="Diagram of DCGAN")).to_be_in_viewport()
    page.go_back()
    settle(page)
    expect(page.get_by_role("button", name="Close")).to_have_count(0)
