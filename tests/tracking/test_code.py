"""How code and environments of runs differ."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from core.tracking import code


@pytest.fixture
def commits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Two commits of a checkout, in whose place the project's own stands."""
    def git(*words: str) -> str:
        return subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *words], cwd=tmp_path, check=True,
                              capture_output=True, text=True).stdout.strip()

    monkeypatch.setattr(code, "PROJECT", tmp_path)
    git("init", "-q")
    made = []
    for text in ("rate = 1\n", "rate = 2\n"):
        (tmp_path / "model.py").write_text(text)
        git("add", "model.py")
        git("commit", "-qm", text)
        made.append(git("rev-parse", "HEAD"))
    return made


def test_the_way_from_one_commit_to_another_is_told_by_file_and_by_line(commits: list[str]) -> None:
    found = code.change(*commits)
    assert "model.py | 2 +-" in found.summary
    assert "-rate = 1\n+rate = 2" in found.text and not found.cut and not found.unknown
    assert code.change(commits[0], commits[0]).text == ""


def test_a_commit_that_is_not_here_is_named_and_an_option_is_none(commits: list[str]) -> None:
    assert code.change(commits[0], "f" * 40).unknown == ("f" * 40,)
    assert code.change("--output=/tmp/x", commits[0]).unknown == ("--output=/tmp/x",)


def test_environments_are_told_apart_by_what_differs() -> None:
    first = code.environment({"requirements.txt": "Torch==2.1\nnumpy==1.0\n", "machine.json": '{"cores": 2}'})
    second = code.environment({"requirements.txt": "torch==2.2\nnumpy==1.0\nextra==1", "machine.json": "torn"})
    assert code.apart([first, second]) == {"cores": ["2", None], "torch": ["2.1", "2.2"], "extra": [None, "1"]}
    assert code.environment({}) == {}
