"""A web server on this machine, in place of those that the data sets come from."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest


class Server:
    """Serves `files[path]`. A path in `cut` ends after half of what was announced, as a broken connection does.
    `asked` keeps each path with the `Range` that was asked for, or None."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.cut: set[str] = set()
        self.asked: list[tuple[str, str | None]] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                content, part = server.files.get(self.path), self.headers.get("Range")
                server.asked.append((self.path, part))
                if content is None:
                    self.send_error(404)
                    return
                if part:
                    content = content[int(part.removeprefix("bytes=").removesuffix("-")) :]
                self.send_response(206 if part else 200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content[: len(content) // 2] if self.path in server.cut else content)

            def log_message(self, *_: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.http.server_port}/"
        threading.Thread(target=self.http.serve_forever, args=(0.05,), daemon=True).start()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.http.shutdown()
    made.http.server_close()


@pytest.fixture
def empty(tmp_path, monkeypatch):
    """A data folder with nothing in it."""
    monkeypatch.setenv("GLASSBOX_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GLASSBOX_DATA", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


@pytest.fixture
def shared(monkeypatch, tmp_path):
    """The folder of real data beside the project; the test is skipped where it isn't there."""
    folder = Path(__file__).resolve().parents[3] / "shared" / "data"
    if not folder.exists():
        pytest.skip("the real data of ../shared/data are not here")
    monkeypatch.setenv("GLASSBOX_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GLASSBOX_DATA", str(folder))
    return folder


@pytest.fixture
def nowhere() -> str:
    """An address where nothing answers."""
    return "http://127.0.0.1:9/"
