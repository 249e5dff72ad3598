"""The house's own rules: layers, style, and what a GPU node needs."""

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]


def run(*command: str) -> subprocess.CompletedProcess:
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True)


def test_rooms_import_only_what_the_design_allows() -> None:
    lint = run(str(Path(sys.executable).parent / "lint-imports"), "--no-cache")
    assert lint.returncode == 0, lint.stdout


def test_the_style_rules_hold() -> None:
    ruff = run(sys.executable, "-m", "ruff", "check", "--no-cache", ".")
    assert ruff.returncode == 0, ruff.stdout


def test_the_training_side_imports_without_the_dashboards_packages() -> None:
    code = """
import sys
for name in ("streamlit", "plotly", "pandas"):
    sys.modules[name] = None
import core.catalog, core.training.loop, core.tracking.write, core.jobs.worker, core.inside.load
for kind in ("architecture", "dataset", "task"):
    core.catalog.entries(kind)
"""
    imported = run(sys.executable, "-c", code)
    assert imported.returncode == 0, imported.stderr


def test_the_top_level_is_the_designs() -> None:
    allowed = {"README.md", "requirements.txt", "app.py", "pages", "core", "tests", "LICENSE", "pyproject.toml"}
    tracked = {path.split("/")[0] for path in run("git", "ls-files").stdout.split()}
    assert {name for name in tracked if not name.startswith(".")} <= allowed
