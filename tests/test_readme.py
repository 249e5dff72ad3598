"""What the README promises is run."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
README = (PROJECT / "README.md").read_text()


def test_an_architecture_is_added_in_one_file(home: Path, tmp_path_factory) -> None:
    code, name = re.search(r"`core/architectures/(\w+\.py)`:\n\n```python\n(.*?)```", README, re.S).group(2, 1)
    copy = tmp_path_factory.mktemp("copy")
    shutil.copytree(PROJECT / "core", copy / "core", ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "core" / "architectures" / name).write_text(code)

    def glassbox(*arguments: str) -> str:
        return subprocess.run([sys.executable, "-m", "core", *arguments], cwd=copy, check=True, capture_output=True,
                              text=True, env=os.environ | {"PYTHONPATH": str(copy)}).stdout

    assert "softmax-regression" in [entry["name"] for entry in json.loads(glassbox("list", "architectures", "--json"))]
    run_id = glassbox("train", "--task", "classification", "--architecture", "softmax-regression", "--dataset", "digits",
                      "--set", "training.epochs=2", "--wait").strip()
    shown = json.loads(glassbox("show", run_id, "--json"))
    assert shown["status"] == "FINISHED"
    assert shown["metrics"]["test/accuracy"] > 0.8


def test_the_commands_of_the_readme_name_files_that_are_there() -> None:
    for path in set(re.findall(r"\((tests/[\w/]+\.png)\)", README)):
        assert (PROJECT / path).exists(), path
    assert (PROJECT / "requirements.txt").exists() and (PROJECT / "app.py").exists()
