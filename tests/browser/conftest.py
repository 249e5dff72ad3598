"""The real app in a real browser: a fresh home, `streamlit run app.py` on a free port, and a page that hears every error."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, expect, sync_playwright

PROJECT = Path(__file__).resolve().parents[2]
SHARED_DATA = PROJECT.parent / "shared" / "data"
DATA = {"GLASSBOX_DATA": str(SHARED_DATA)} if SHARED_DATA.exists() else {}
SCREENSHOTS = Path(__file__).parent / "screenshots"
LONGEST = 30_000  # ms that the page may take to show what is expected, on two cores that train at the same time
SIZES = {"wide": (1440, 900), "phone": (390, 844)}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """On two cores that train at the same time a click may come too late: what is wrong with the app fails twice."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `GLASSBOX_HOME` of this module's app."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def app(home: Path) -> Iterator[str]:
    """The address of a running app with an empty store. All that it started ends with it."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    environment = os.environ | {"GLASSBOX_HOME": str(home)} | DATA
    environment.pop("MLFLOW_TRACKING_URI", None)  # MLflow leaves it behind where a test of this process logged a model
    address = f"http://localhost:{port}"
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port), "--server.headless", "true"]
    with open(home / "app.log", "wb") as log:
        server = subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=log, stderr=log)
    try:
        _wait(lambda: _answers(f"{address}/_stcore/health"), 60, "the app did not start")
        yield address
    finally:
        for process in psutil.process_iter():
            if process.pid == server.pid or _belongs(process, home):
                process.kill()
        server.wait()


@pytest.fixture
def the_apps_store(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This process, too, works for the app's home: it launches and reads what the app does."""
    for name, value in ({"GLASSBOX_HOME": str(home)} | DATA).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=LONGEST)
    with sync_playwright() as playwright:
        yield _chromium(playwright)


@pytest.fixture
def page(browser: Browser, app: str) -> Iterator[Page]:
    """A tab at the app's home. The test fails on an error in the browser's console, and on a traceback on the page."""
    context = browser.new_context(viewport=dict(zip(("width", "height"), SIZES["wide"], strict=True)), base_url=app)
    tab = context.new_page()
    tab.set_default_timeout(LONGEST)
    heard: list[str] = []
    tab.on("console", lambda message: heard.append(message.text) if _is_error(message) else None)
    tab.on("pageerror", lambda error: heard.append(str(error)))
    tab.goto("/")
    _settle(tab)
    yield tab
    tracebacks = tab.locator('[data-testid="stException"]').all_inner_texts()
    context.close()
    assert not heard + tracebacks


@pytest.fixture
def photograph(request: pytest.FixtureRequest) -> Callable[[Page, str], None]:
    """`photograph(page, name)` looks at the page in the dark and on a phone: nothing stands out over its edge. With
    `--pictures` it keeps pictures of it, wide and on a phone, light and dark."""
    kept = request.config.getoption("--pictures")

    def take(tab: Page, name: str) -> None:
        tab.emulate_media(color_scheme="dark")
        tab.set_viewport_size(dict(zip(("width", "height"), SIZES["phone"], strict=True)))
        _settle(tab)
        assert tab.evaluate("document.documentElement.scrollWidth") <= SIZES["phone"][0]
        tab.set_viewport_size(dict(zip(("width", "height"), SIZES["wide"], strict=True)))
        tab.emulate_media(color_scheme="light")
        _settle(tab)
        SCREENSHOTS.mkdir(exist_ok=True)
        for scheme in ("dark", "light") if kept else ():
            tab.emulate_media(color_scheme=scheme)
            tab.reload()  # what the person chose lives in the address
            for size, (width, height) in SIZES.items():
                tab.set_viewport_size({"width": width, "height": height})
                _settle(tab)
                tab.screenshot(path=SCREENSHOTS / f"{name}-{size}-{scheme}.png")
            tab.set_viewport_size(dict(zip(("width", "height"), SIZES["wide"], strict=True)))

    return take


@pytest.fixture
def settle() -> Callable[[Page], None]:
    """`settle(page)` waits until the page's script has run and its pictures stand."""
    return _settle


def _settle(tab: Page) -> None:
    tab.locator("h1").first.wait_for(timeout=60_000)
    tab.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for(timeout=60_000)
    tab.wait_for_timeout(600)


def _chromium(playwright: Playwright) -> Browser:
    try:
        return playwright.chromium.launch(
            executable_path=shutil.which("chromium"),  # Debian's; else the one that Playwright installed
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
    except Exception as error:
        pytest.skip(f"no Chromium here: {error}")


def _is_error(message: ConsoleMessage) -> bool:
    # Streamlit looks for its server below each page's address first, and finds it above.
    return message.type == "error" and "/_stcore/" not in message.location.get("url", "")


def _belongs(process: psutil.Process, home: Path) -> bool:
    try:
        return process.environ().get("GLASSBOX_HOME") == str(home)
    except psutil.Error:
        return False


def _answers(address: str) -> bool:
    try:
        return urllib.request.urlopen(address, timeout=2).status == 200
    except (urllib.error.URLError, OSError):
        return False


def _wait(condition: Callable[[], bool], seconds: float, complaint: str) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(complaint)
        time.sleep(0.2)
