"""Downloads in processes of their own, as the Data page starts them; torchvision's addresses lead to this machine."""

from __future__ import annotations

import bz2
import hashlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from core import catalog
from core.__main__ import main
from core.datasets.usps import ZipCodes
from core.jobs import download

PACKED = bz2.compress(b"\n".join(f"{digit % 10 + 1} ".encode() + b" ".join(b"%d:-1" % i for i in range(1, 257))
                                 for digit in range(20)))


class Slow(BaseHTTPRequestHandler):
    """Serves one file for every address, the first half of it at once and the rest when it is told to."""

    go_on = threading.Event()
    ranges: list[str | None] = []

    def do_GET(self) -> None:
        part = self.headers.get("Range")
        self.ranges.append(part)
        content = PACKED[int(part[6:-1]) if part else 0 :]
        self.send_response(206 if part else 200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        try:
            half = 0 if part else len(PACKED) // 2
            self.wfile.write(content[:half])
            self.go_on.wait(60)
            self.wfile.write(content[half:])
        except OSError:
            pass  # the other side was killed

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def here(home: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Slow]]:
    """A server for the USPS digits; every Python process that starts from now on asks it instead of the real one."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    folder = tmp_path_factory.mktemp("patch")
    md5 = hashlib.md5(PACKED).hexdigest()
    (folder / "sitecustomize.py").write_text(
        "from torchvision.datasets import USPS\n"
        f"USPS.split_list = {{split: ['http://127.0.0.1:{server.server_port}/' + name, name, {md5!r}]\n"
        "                   for split, name in (('train', 'usps.bz2'), ('test', 'usps.t.bz2'))}\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.delenv("GLASSBOX_DATA", raising=False)
    Slow.go_on.clear()
    Slow.ranges.clear()
    yield Slow
    Slow.go_on.set()
    server.shutdown()
    server.server_close()


def wait(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, (download.state("usps"), (download._file("usps").with_suffix(".log")).read_text())
        time.sleep(0.1)


def ready() -> bool:
    return ZipCodes(ZipCodes.Settings()).availability().ready


def half_way() -> bool:
    """Whether the first half has arrived and lies on the disk."""
    part = download.home() / "data" / ".fetch" / "usps" / "files" / "usps.bz2.part"
    state = download.state("usps")
    return bool(state and state.pid and part.exists() and part.stat().st_size)


def test_killed_half_way_it_says_so_and_the_next_one_goes_on_from_there(here: type[Slow]) -> None:
    download.start("usps")
    assert download.state("usps").living  # at once, before the process is there
    wait(half_way)
    os.kill(download.state("usps").pid, signal.SIGKILL)
    wait(lambda: not download.state("usps").living)
    assert "ended from outside" in download.state("usps").error and not ready()
    arrived = (download.home() / "data" / ".fetch" / "usps" / "files" / "usps.bz2.part").stat().st_size
    here.go_on.set()
    download.start("usps")
    wait(ready)
    wait(lambda: download.state("usps") is None)  # what ended well leaves nothing to say
    assert f"bytes={arrived}-" in here.ranges
    assert not (download.home() / "data" / ".fetch" / "usps").exists()


def test_a_second_start_does_nothing_and_stop_ends_it_without_an_error(here: type[Slow]) -> None:
    download.start("usps")
    download.start("usps")
    wait(half_way)
    assert here.ranges == [None, None]  # torchvision asks once for redirections, and once for the file
    assert main(["fetch", "usps"]) == 2  # nor does one by hand
    pid = download.state("usps").pid
    download.stop("usps")
    wait(lambda: not _lives(pid))
    assert download.state("usps") is None and not ready()


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


def test_without_network_the_command_exits_2_with_the_sentence_that_the_page_shows(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    from torchvision.datasets import KMNIST

    monkeypatch.delenv("GLASSBOX_DATA", raising=False)
    monkeypatch.setattr(KMNIST, "mirrors", ["http://127.0.0.1:9/"])
    assert main(["fetch", "kmnist"]) == 2
    said = capsys.readouterr().err.strip()
    assert said.startswith("Kuzushiji-MNIST could not be downloaded: check the network") and "\n" not in said
    assert download.state("kmnist").error == said and not download.state("kmnist").living


def test_progress_goes_to_standard_error_and_what_is_here_is_not_asked_for(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    assert main(["fetch", "digits"]) == 0
    assert "Comes with the package" in capsys.readouterr().out

    class Growing(catalog.get("dataset", "usps")):
        def fetch(self, progress):
            for done in range(0, 101, 5):
                progress(done * 1_000_000, 100_000_000)

    monkeypatch.setattr(catalog, "get", lambda kind, name: Growing)
    monkeypatch.setattr(download, "_REPORT_SECONDS", 0)
    assert main(["fetch", "usps"]) == 0
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 11 and "50.0 of 100.0 MB" in lines[5]


def test_a_set_that_can_t_be_downloaded_says_why(home: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.delenv("GLASSBOX_DATA", raising=False)
    assert main(["fetch", "cifar10-jpeg"]) == 2
    assert "put cifar10-jpeg.zip (62 MB) into" in capsys.readouterr().err
    assert main(["fetch", "cifar11"]) == 2
    assert "did you mean" in capsys.readouterr().err


def test_the_time_left_follows_from_the_speed_so_far() -> None:
    half = download.Download(True, done=50, total=100, started=1000.0)
    assert half.share == 0.5 and half.seconds_left(1010.0) == 10.0
    assert half.seconds_left(1001.0) is None and download.Download(True, started=1.0).seconds_left(99.0) is None
