"""The four pictures that the product is known by: each trained from the launch page in Chromium, watched, and looked into.

With `--pictures` each run has its full default length, and the README's pictures are taken anew.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core import catalog

PICTURES = Path(__file__).parent / "pictures"
A_RUN = 900_000  # ms; a full default run of DCGAN takes some five minutes on two cores


@pytest.fixture
def picture(request: pytest.FixtureRequest, settle) -> Callable[[Page, str], None]:
    """Keeps a picture of the page for the README, where `--pictures` asks for it."""

    def take(page: Page, name: str) -> None:
        if request.config.getoption("--pictures"):
            page.set_viewport_size({"width": 1440, "height": 900})
            settle(page)
            page.wait_for_timeout(1500)
            page.screenshot(path=PICTURES / f"{name}.png")

    return take


@pytest.fixture
def train(page: Page, the_apps_store, request: pytest.FixtureRequest, settle) -> Callable[..., str]:
    """`train(task, architecture, datasets, **settings)` launches from the page, on the first data set that is here, and
    waits for the end of the run on its live view. Gives the run's id. The settings shorten it."""

    def launch(task: str, architecture: str, datasets: tuple[str, ...], **short: int) -> str:
        here = [name for name in datasets if (cls := catalog.get("dataset", name))(cls.Settings()).availability().ready]
        if not here:
            pytest.skip(f"none of these data sets is on disk: {', '.join(datasets)}")
        settings = "" if request.config.getoption("--pictures") else "".join(f"&training.{k}={v}" for k, v in short.items())
        page.goto(f"/launch?task={task}&architecture={architecture}&dataset={here[0]}{settings}")
        settle(page)
        page.get_by_role("button", name="Launch", exact=True).click()
        page.get_by_role("link", name="Watch").first.click()
        page.wait_for_url("**/runs?run=*")
        expect(page.locator(".stMarkdownBadge", has_text="finished")).to_be_visible(timeout=A_RUN)
        settle(page)
        return re.search(r"run=(\w{32})", page.url)[1]

    return launch


def test_digits_are_read_with_a_confusion_matrix_and_the_worst_mistakes(page: Page, train, settle, picture) -> None:
    run_id = train("classification", "lenet", ("digits",), epochs=1)
    expect(page.get_by_text("Test accuracy")).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("Confusion matrix"))).to_be_visible()
    picture(page, "runs")
    page.goto(f"/runs?run={run_id}&preview=test_worst_mistakes")
    settle(page)
    expect(page.locator('[data-testid="stMain"] img').first).to_be_visible()


def test_faces_come_from_noise_and_the_knobs_turn_them(page: Page, train, settle, picture) -> None:
    run_id = train("adversarial", "dcgan", ("faces", "face-patches"), epochs=1)
    expect(page.locator('[data-testid="stMain"] img').first).to_be_visible()
    picture(page, "faces")
    page.goto(f"/inside?run={run_id}")
    settle(page)
    expect(page.get_by_text("Turn the knobs")).to_be_visible()
    expect(page.get_by_text(re.compile("Knob 1, .*what varies"))).to_be_visible()
    shown = page.locator('[data-testid="stMain"] img').first.get_attribute("src")
    page.get_by_role("button", name="New noise").click()
    settle(page)
    assert page.locator('[data-testid="stMain"] img').first.get_attribute("src") != shown
    picture(page, "knobs")


def test_noise_is_taken_out_of_a_picture(page: Page, train, settle, picture) -> None:
    run_id = train("denoising", "autoencoder", ("digits",), epochs=1)
    expect(page.get_by_text("Test psnr", exact=False).first).to_be_visible()
    page.goto(f"/inside?run={run_id}")
    settle(page)
    expect(page.get_by_text(re.compile(r"dB \(\+\d+\.\d+\)"))).to_be_visible()  # more than the noisy picture's
    curtain = page.get_by_role("slider", name="Curtain between Noisy and Cleaned")
    curtain.press("Home")
    expect(curtain).to_have_attribute("aria-valuenow", "0")
    frame = page.locator(".frame").bounding_box()
    page.mouse.move(frame["x"] + 9, frame["y"] + 9)
    page.mouse.down()
    page.mouse.move(frame["x"] + frame["width"] / 2, frame["y"] + 50, steps=4)
    page.mouse.up()
    expect(curtain).to_have_attribute("aria-valuenow", "50")
    picture(page, "cleaned")


def test_the_attention_of_a_sentence_is_seen(page: Page, train, settle, picture) -> None:
    run_id = train("text_classification", "transformer-encoder", ("film-reviews",), epochs=1)
    page.goto(f"/inside?run={run_id}")
    settle(page)
    sentence = page.get_by_role("textbox").first
    sentence.fill("a thin plot , but the acting is superb")
    sentence.press("Control+Enter")
    page.wait_for_url(re.compile("superb"))
    settle(page)
    expect(page.get_by_role("img", name=re.compile("Attention of layer"))).to_be_visible()
    picture(page, "attention")
