"""How the code and the environment of runs differ: commits of this checkout, packages and machines."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from core.home import PROJECT
from core.tracking.read import Run

COMMIT = "mlflow.source.git.commit"
MOST = 200_000  # characters of a diff: more is no longer read


@dataclass(frozen=True)
class Change:
    """What git says of the way from one commit to another: `summary`, a line a file, and `text`, the lines themselves, cut
    at `MOST` characters where it is `cut`. `unknown` holds those of the two that this checkout does not have: then the
    others are empty."""

    unknown: tuple[str, ...] = ()
    summary: str = ""
    text: str = ""
    cut: bool = False


def commit(run: Run) -> str:
    """The commit of the code that a run was launched with; empty where it did not say."""
    return run.tags.get(COMMIT, "")


def change(first: str, second: str) -> Change:
    """How the code of two commits differs."""
    if unknown := tuple(name for name in (first, second) if not _known(name)):
        return Change(unknown)
    text = _git("diff", first, second)
    return Change((), _git("diff", "--stat=110", first, second), text[:MOST], len(text) > MOST)


def _known(name: str) -> bool:
    # Anyone may write to the store: what is no commit's number is never handed to git.
    if not re.fullmatch(r"[0-9a-f]{7,64}", name):
        return False
    try:
        _git("cat-file", "-e", f"{name}^{{commit}}")
    except (OSError, subprocess.SubprocessError):
        return False
    return True


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=PROJECT, capture_output=True, text=True, errors="replace", check=True,
                          timeout=20).stdout


def environment(files: Mapping[str, str]) -> dict[str, str]:
    """What a run's environment is, by name: `machine.json`'s entries, then the version of each package of
    `requirements.txt`."""
    found = {}
    with suppress(json.JSONDecodeError, AttributeError):  # torn, or someone else's
        found |= {name: str(value) for name, value in json.loads(files.get("machine.json", "{}")).items()}
    for line in files.get("requirements.txt", "").splitlines():
        name, exact, version = line.strip().partition("==")
        if exact:
            found[name.lower()] = version
    return found


def apart(environments: Sequence[Mapping[str, str]]) -> dict[str, list[str | None]]:
    """What is not the same in all environments: by name, the value in each; None where one lacks it."""
    names = dict.fromkeys(name for one in environments for name in one)
    return {name: values for name in names if len(set(values := [one.get(name) for one in environments])) > 1}
