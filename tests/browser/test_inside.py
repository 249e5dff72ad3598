"""Looking inside a model in Chromium: drawing with the mouse, picking a map, and a link that shows the same."""

import re

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page, expect

from core.experiment import Experiment
from core.jobs import queue
from core.tracking import read

SEVEN = [(0.25, 0.25), (0.5, 0.24), (0.75, 0.25), (0.6, 0.5), (0.45, 0.85)]


@pytest.fixture
def lenet(the_apps_store, until) -> str:
    """The id of a LeNet-5 that has learned the digits: trained once, by the app's own supervisor."""
    if trained := read.runs():
        return trained[0].id
    run_id, = queue.submit(Experiment.make("classification", "lenet", "digits", training={"epochs": 4}))
    until(run_id, lambda run: run.state == "FINISHED")
    return run_id


def draw(page: Page, points: list[tuple[float, float]]) -> None:
    """Moves the pressed mouse over the pad; points are shares of its width and height."""
    box = page.get_by_role("img", name="Drawing pad").bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=8)
    page.mouse.up()


def answer(page: Page) -> str:
    return page.get_by_test_id("stMetricValue").first.inner_text()


def test_a_drawn_seven_is_read_and_its_way_through_the_layers_is_shown(page: Page, lenet, settle, photograph):
    page.goto(f"/inside?run={lenet}")
    settle(page)
    expect(page.get_by_text("The answer appears here")).to_be_visible()
    draw(page, SEVEN)
    page.wait_for_url(re.compile("drawing="))
    settle(page)
    assert answer(page) == "7"

    page.get_by_role("button", name=re.compile("^max pooling 2, map")).first.click()
    page.wait_for_url(re.compile(r"layer=max\+pooling\+2&map=\d+"))
    settle(page)
    expect(page.get_by_text(re.compile(r"Max pooling 2, map \d+"))).to_be_visible()
    photograph(page, "inside-digit")

    address = page.url
    page.goto("/")
    settle(page)
    page.goto(address)  # as another person would
    settle(page)
    assert answer(page) == "7"
    expect(page.get_by_text(re.compile(r"Max pooling 2, map \d+"))).to_be_visible()

    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("The answer appears here")).to_be_visible()
    expect(page).not_to_have_url(re.compile("drawing="))


def test_a_map_is_picked_from_the_keyboard(page: Page, lenet, settle):
    page.goto(f"/inside?run={lenet}&input=From+the+data&index=60")
    settle(page)
    tile = page.get_by_role("button", name=re.compile("^convolution 2, map")).first
    tile.focus()
    tile.press("Enter")
    page.wait_for_url(re.compile(r"layer=convolution\+2"))


def test_a_one_is_drawn_from_the_keyboard(page: Page, lenet, settle):
    page.goto(f"/inside?run={lenet}")
    settle(page)
    pad = page.get_by_role("img", name="Drawing pad")
    pad.focus()
    for key, times in (("ArrowUp", 10), (" ", 1), ("ArrowDown", 20), (" ", 1)):
        for _ in range(times):
            pad.press(key)
    page.wait_for_url(re.compile("drawing="))
    settle(page)
    assert answer(page) == "1"
    drawn = page.url
    pad.hover()  # the lifted pen draws nothing, nor does a mouse that isn't pressed
    pad.press("ArrowLeft")
    settle(page)
    assert page.url == drawn


def test_a_convolution_s_kernel_is_moved_from_the_keyboard(page: Page, lenet, settle):
    page.goto(f"/inside?run={lenet}&input=From+the+data&index=60&look=Convolution&layer=convolution+2&row=3&column=3")
    settle(page)
    page.get_by_role("slider", name="Column").press("ArrowRight")
    page.wait_for_url(re.compile("column=4"))
    settle(page)
    expect(page.get_by_text("(bias)")).to_be_visible()


def test_a_file_that_is_no_picture_is_said_where_the_person_is(page: Page, lenet, settle, tmp_path):
    page.goto(f"/inside?run={lenet}&input=Upload")
    settle(page)
    impostor = tmp_path / "evil.png"
    impostor.write_bytes(b"\x80\x04cos\nsystem\n(S'id'\ntR.")
    page.locator("input[type=file]").set_input_files(impostor)
    expect(page.get_by_text("This file is no picture that can be read")).to_be_visible()


def test_an_uploaded_picture_stands_in_the_address(page: Page, lenet, settle, browser: Browser, tmp_path):
    seven = Image.new("RGB", (200, 200), "white")
    ImageDraw.Draw(seven).line([(50, 50), (150, 50), (90, 170)], fill="black", width=18)
    seven.save(tmp_path / "seven.png")
    page.goto(f"/inside?run={lenet}&input=Upload")
    settle(page)
    page.locator('input[type="file"]').set_input_files(tmp_path / "seven.png")
    page.wait_for_url(re.compile("picture=[0-9a-f]{20}"))
    settle(page)
    assert answer(page) == "7"

    other = browser.new_page(viewport={"width": 1440, "height": 900})
    other.goto(page.url)  # as another person would
    settle(other)
    assert answer(other) == "7"
    other.close()


def test_the_picture_is_under_the_pointer_and_a_click_keeps_it(page: Page, lenet, settle, photograph):
    page.goto(f"/inside?run={lenet}&view=Whole+test+set&whole=Layers&of_layer=dense+1")
    settle(page)
    plane = page.get_by_role("img", name=re.compile("examples as dense 1 has them"))
    plane.scroll_into_view_if_needed()
    point = plane.locator(".scatterlayer .point").nth(200)
    box = point.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=4)
    hint = plane.locator(".chart-picture")
    expect(hint).to_be_visible()
    expect(hint).to_have_text(re.compile(r"^\d( as \d)?, \d+\.\d %$"))
    assert "url(" in hint.locator("div").first.evaluate("element => getComputedStyle(element).backgroundImage")
    told = hint.inner_text()
    page.mouse.down()
    page.mouse.up()
    page.wait_for_url(re.compile(r"example=\d+"))
    settle(page)
    expect(page.get_by_text(f"It is {told[0]}.")).to_be_visible()
    photograph(page, "inside-layers")


def test_a_click_on_a_cell_opens_the_pictures_behind_it_and_one_of_them_can_be_asked(page: Page, lenet, settle):
    page.goto(f"/inside?run={lenet}&view=Whole+test+set&whole=Confusion&true=3&guess=5")
    settle(page)
    matrix = page.get_by_role("img", name=re.compile("Confusion matrix"))
    matrix.scroll_into_view_if_needed()
    area = matrix.locator(".nsewdrag").bounding_box()
    place = area["x"] + area["width"] * 0.05, area["y"] + area["height"] * 0.05  # the first class, named rightly
    page.mouse.move(*place, steps=4)
    page.mouse.down()
    page.mouse.up()
    page.wait_for_url(re.compile("true=0&guess=0"))
    settle(page)
    expect(page.get_by_text(re.compile(r"of 50 “0” named rightly"))).to_be_visible()
    tile = page.get_by_role("button", name=re.compile(r"^0, \d+\.\d %$")).nth(1)
    tile.click()
    page.wait_for_url(re.compile(r"example=\d+"))
    settle(page)
    page.get_by_role("button", name="Look into it").click()
    page.wait_for_url(re.compile(r"input=From\+the\+data&split=test&index=\d+"))
    settle(page)
    expect(page.get_by_text("Labelled “0”")).to_be_in_viewport()
    assert answer(page) == "0"


def test_a_click_in_the_plane_asks_about_that_point(page: Page, the_apps_store, settle, until):
    run_id, = queue.submit(Experiment.make("classification", "neuron", "moons", training={"epochs": 2}))
    until(run_id, lambda run: run.state == "FINISHED")
    page.goto(f"/inside?run={run_id}")
    settle(page)
    plane = page.get_by_role("img", name=re.compile("The plane in the colours of the answers"))
    area = plane.locator(".nsewdrag").bounding_box()
    page.mouse.click(area["x"] + area["width"] * 0.01, area["y"] + area["height"] * 0.01)  # where no point lies
    page.wait_for_url(re.compile(r"first=-1\.[2-9].*second=1\.[3-9]"))
    settle(page)
    point = plane.locator(".scatterlayer .point").nth(40).bounding_box()
    page.mouse.click(point["x"] + point["width"] / 2, point["y"] + point["height"] / 2)
    page.wait_for_url(re.compile(r"first=(?!-1\.[2-9])"))


def test_a_model_writes_and_its_text_is_walked_through_with_mouse_and_keys(page: Page, the_apps_store, until, settle):
    run_id, = queue.submit(Experiment.make("language_modelling", "gpt", "python-reference", model={"width": 16, "depth": 1},
                                           training={"epochs": 1, "batch_size": 256}))
    until(run_id, lambda run: run.state == "FINISHED")
    page.goto(f"/inside?run={run_id}&prompt=The+value&count=60")
    settle(page)
    text = page.get_by_role("listbox", name="Your text, and how the model goes on.")
    expect(text.get_by_role("option")).to_have_count(len("The value") + 60)
    text.get_by_role("option").nth(4).click()
    page.wait_for_url(re.compile("place=4"))
    settle(page)
    expect(page.get_by_text("“v” stands there")).to_be_visible()
    text.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.wait_for_url(re.compile("place=6"))
    settle(page)
    expect(page.get_by_text("“l” stands there")).to_be_visible()
    expect(text.get_by_role("option", selected=True)).to_have_text("l")
    page.goto(f"/runs?run={run_id}&preview=writing")
    settle(page)
    expect(page.get_by_role("group", name=re.compile("^Writing at step"))).to_be_visible()
