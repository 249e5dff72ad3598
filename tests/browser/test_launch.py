"""The first click, and the launch page, in Chromium."""

import re

from playwright.sync_api import Browser, Page, expect


def test_an_address_of_a_page_asked_first_of_a_fresh_server_shows_the_whole_app(app: str, browser: Browser, settle):
    tab = browser.new_page(viewport={"width": 1440, "height": 900})
    tab.goto(f"{app}/launch?architecture=lenet")
    settle(tab)
    links = tab.get_by_test_id("stSidebarNav").get_by_role("link")
    names = ("Home", "Atlas", "Launch", "Data", "Runs", "Compare", "Reports", "Inside")
    expect(links).to_have_text([re.compile(name) for name in names])
    expect(tab.get_by_role("radio", name="LeNet-5", exact=True)).to_be_checked()
    assert tab.get_by_role("button", name="Launch").bounding_box()["x"] > 900  # the panel stands at the right, not within
    tab.close()


def test_an_empty_store_offers_one_click_that_lands_on_the_live_view(page: Page, photograph, settle):
    photograph(page, "home-empty")
    page.get_by_role("button", name="Train LeNet-5 on the digits").click()
    page.wait_for_url("**/runs?run=*")
    settle(page)
    page.get_by_role("link", name="Home").click()
    expect(page.get_by_text("Running now")).to_be_visible()
    photograph(page, "home-running")


def test_what_is_chosen_and_set_lives_in_the_address(page: Page, photograph, settle):
    page.goto("/launch")
    settle(page)
    page.get_by_role("radiogroup", name="Architecture").get_by_text("Multilayer perceptron", exact=True).click()
    epochs = page.get_by_role("spinbutton", name="Epochs")
    epochs.fill("7")
    epochs.press("Enter")
    page.wait_for_url("**training.epochs=7**")
    page.reload()
    settle(page)
    expect(page.get_by_role("spinbutton", name="Epochs")).to_have_value("7")
    expect(page.get_by_role("radio", name="Multilayer perceptron")).to_be_checked()
    photograph(page, "launch")

    page.get_by_role("button", name="Back to the recipe").click()
    expect(page.get_by_role("spinbutton", name="Epochs")).not_to_have_value("7")


def test_what_does_not_fit_is_greyed_with_its_reason(page: Page, settle):
    page.goto("/launch?task=classification")
    settle(page)
    page.get_by_text("that do not fit, and why").click()
    expect(page.get_by_role("radio", name="DCGAN")).to_be_disabled()
    expect(page.get_by_text("DCGAN is made for adversarial generation, not for classification.")).to_be_visible()


def test_launching_answers_with_links_to_each_seeds_run(page: Page, settle):
    page.goto("/launch?task=classification&architecture=mlp&dataset=digits&training.epochs=1&seeds=2")
    settle(page)
    page.get_by_role("button", name="Launch 2 runs").click()
    links = page.get_by_role("link", name="Watch")
    expect(links).to_have_count(2)
    links.first.click()
    page.wait_for_url("**/runs?run=*")
    settle(page)


def test_the_form_works_from_the_keyboard(page: Page, settle):
    page.goto("/launch?architecture=mlp")
    settle(page)
    page.get_by_role("spinbutton", name="Batch size").focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Tab")
    page.wait_for_url("**training.batch_size=65**")
