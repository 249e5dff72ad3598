"""A sound in Chromium: chosen from a file, drawn, and shown again by its address."""

import re

from playwright.sync_api import Page, expect

from tests.sounds import kept_run, tone, wav


def test_a_chosen_sound_is_heard_and_drawn_and_its_address_shows_it_again(page: Page, the_apps_store, settle, photograph):
    run = kept_run()
    page.goto(f"/inside?run={run}&input=Upload")
    settle(page)
    expect(page.get_by_text("What is heard appears here")).to_be_visible()
    page.locator("input[type=file]").set_input_files(
        {"name": "tone.wav", "mimeType": "audio/wav", "buffer": wav(tone(440, 0.5, 44100), 44100)})
    page.wait_for_url(re.compile("sound=[0-9a-f]{20}"))
    drawn = page.locator(".js-plotly-plot").nth(1).locator(".heatmaplayer image")
    expect(drawn).to_have_count(3)  # spectrum, letters, blank
    heard = page.get_by_test_id("stMetricValue").first.inner_text()

    address = page.url
    page.goto("/")
    settle(page)
    page.goto(address)  # as another person would
    settle(page)
    assert page.get_by_test_id("stMetricValue").first.inner_text() == heard
    assert page.locator("audio").first.evaluate("player => player.duration") > 0.4
    photograph(page, "inside-sound")
    assert page.evaluate("document.documentElement.scrollWidth") <= 1440
