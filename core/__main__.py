"""The command line: `python -m core --help`."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
from importlib import metadata

from core import catalog
from core.errors import UserError
from core.experiment import Experiment

READ = (  # what may be said of how files that are added are read
    ("label", "a table's column that holds the class; default: one called so, or what looks likest"),
    ("text", "the column that holds the texts or transcripts; default: the one that looks likest"),
    ("source_language", "the column or file whose sentences are translated; default: the first"),
)
KINDS = {"architectures": "architecture", "datasets": "dataset", "tasks": "task"}


def main(arguments: list[str] | None = None) -> int:
    """Gives the exit code: 0; 1 where a run that was waited for did not FINISH, or doctor found a fault; 2 for a mistake."""
    options = _parser().parse_args(arguments)
    try:
        return options.do(options)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader (`| head`) has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m core", description="Glassbox without a browser.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, do, sentence: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=sentence, description=sentence)
        sub.set_defaults(do=do)
        sub.add_argument("--json", action="store_true", help="print JSON")
        return sub

    command("list", _list, "what there is").add_argument("what", choices=[*KINDS, "runs"])
    train = command("train", _train, "launch a run and print its id")
    finder = command("find-rate", _find_rate, "try learning rates and print the one to start from")
    for made in (train, finder):
        for name in ("task", "architecture", "dataset"):
            made.add_argument(f"--{name}", required=True)
        made.add_argument("--set", nargs="+", action="extend", default=[], metavar="NAME=VALUE",
                          help="settings, such as training.epochs=3 model.width=64 seed=1; start_from=RUN, or RUN@STEP, "
                               "starts from that run's weights")
    train.add_argument("--seeds", type=int, default=1, help="how many runs, each from its own seed")
    train.add_argument("--wait", action="store_true", help="show progress and exit 0 only if the run FINISHED")
    for name, do, sentence in (("show", _show, "configuration, state, last metrics, cause of failure"),
                               ("stop", _stop, "end a run, keeping what it has logged"),
                               ("resume", _resume, "go on with a stopped or failed run")):
        command(name, do, sentence).add_argument("run", help="the run's id")
    command("fetch", _fetch, "download a data set").add_argument("dataset", help="its name")
    add = command("add", _add, "bring a data set of your own: pictures or sounds in class folders (a folder or a zip), "
                               "sounds with transcripts, a table of features or of texts, pairs of sentences, or a text")
    add.add_argument("name", help="what it is called, such as my-flowers")
    add.add_argument("path", help="the folder, .zip, .csv, .tsv, .txt or .json; it stays where it is")
    add.add_argument("--as", dest="kind", help="how it is read, where that can be in more than one way, such as features "
                                               "or sentences; default: what its content looks like")
    for field, sentence in READ:
        add.add_argument(f"--{field.replace('_', '-')}", help=sentence)
    add.add_argument("--title", help="how pages call it; default: the name")
    add.add_argument("--leave-out", action="store_true",
                     help="leave out what can't be used or spoils the test: broken pictures, test copies, rows with gaps")
    command("remove", _remove, "take back what was added; your own files and its runs stay").add_argument("name")
    command("supervise", _supervise, "the supervisor, in the foreground")
    command("doctor", _doctor, "what is here, and what is wrong")
    return parser


def _list(options: argparse.Namespace) -> int:
    if options.what == "runs":
        from core.tracking import read  # MLflow takes a second to import: only where it is needed

        rows = [{"name": r.name, "id": r.id, "status": r.state, "progress": round(r.progress, 3)} for r in read.runs()]
    else:
        rows = []
        for name, cls in catalog.entries(KINDS[options.what]).items():
            row = {"name": name, "title": cls.card.title, "year": cls.card.year or None}
            if options.what == "architectures":
                row["tasks"] = list(cls.card.tasks)
            if options.what == "datasets":
                availability = cls(cls.Settings()).availability()
                row |= {"ready": availability.ready, "where": availability.sentence}
            rows.append(row)
    if options.json:
        print(json.dumps(rows, indent=1))
    elif rows:
        _table(rows)
    else:
        print("No runs yet: python -m core train --task classification --architecture lenet --dataset digits --wait")
    return 0


def _train(options: argparse.Namespace) -> int:
    from core.jobs import queue

    if not 1 <= options.seeds <= 100:
        raise UserError(f"--seeds should be between 1 and 100, not {options.seeds}.")
    made = queue.submit(_experiment(options), options.seeds)
    print(json.dumps(made) if options.json else "\n".join(made), flush=True)
    return max([_wait(run_id) for run_id in made]) if options.wait else 0


def _find_rate(options: argparse.Namespace) -> int:
    from core.jobs import queue
    from core.tracking import read
    from core.training.find_rate import SUGGESTED

    run_id = queue.find_rate(_experiment(options))
    if failed := _wait(run_id):
        return failed
    tried = {name: read.history(run_id, f"train/{name}").values.tolist() for name in ("learning_rate", "loss")}
    suggestion = read.run(run_id).metrics[SUGGESTED]
    if options.json:
        print(json.dumps({"run": run_id, "suggestion": suggestion, **tried}))
    else:
        print(f"{suggestion:g}")
    return 0


def _experiment(options: argparse.Namespace) -> Experiment:
    from core.jobs import starting

    names: dict = {"task": options.task, "architecture": options.architecture, "dataset": options.dataset}
    return Experiment.make(**names, **starting.inherited(names, _sections(options.set)))


def _sections(assignments: list[str]) -> dict:
    """`["training.epochs=3", "seed=1"]` as `{"training": {"epochs": "3"}, "seed": "1"}`; pydantic reads the values."""
    whole = ("seed", "start_from")
    sections: dict = {}
    for assignment in assignments:
        name, equals, value = assignment.partition("=")
        section, dot, leaf = name.partition(".")
        if not equals or not (dot or name in whole):
            raise UserError(f"--set takes NAME=VALUE such as training.epochs=3 or seed=1, not {assignment!r}.")
        if dot:
            sections.setdefault(section, {})[leaf] = value
        else:
            sections[name] = value
    return sections


def _wait(run_id: str) -> int:
    """Shows progress on standard error until the run ends; 0 if it FINISHED."""
    from core.tracking import read

    screen = sys.stderr.isatty()
    shown = ""
    while True:
        run = read.run(run_id)
        if run.state in read.ENDED:
            break
        if run.phase == "training":
            bar = "█" * round(run.progress * 30)
            left = f", {run.seconds_left:.0f} s left" if run.seconds_left is not None else ""
            line = f"{bar:·<30} {run.progress:4.0%}, {run.metrics.get('train/samples_per_second', 0):,.0f} samples/s{left}"
        else:
            line = run.phase
        key = f"{run.phase} {run.progress:.1f}"  # a file gets a line for every tenth of the way, a screen every look
        if screen or key != shown:
            print(f"\r\033[K{line}" if screen else line, end="" if screen else "\n", file=sys.stderr, flush=True)
            shown = key
        time.sleep(0.5)
    if screen:
        print(file=sys.stderr)
    results = ", ".join(f"{name} {value:.4g}" for name, value in sorted(run.metrics.items()) if name.startswith("test/"))
    print(f"{run.state}. {run.cause or results}", file=sys.stderr)
    return 0 if run.state == "FINISHED" else 1


def _show(options: argparse.Namespace) -> int:
    from core.tracking import read

    run = read.run(options.run)
    shown = {
        "id": run.id, "name": run.name, "status": run.state, "phase": run.phase, "progress": round(run.progress, 4),
        "step": run.step, "total_steps": run.total_steps, "device": run.device, "cause": run.cause,
        "params": run.params, "metrics": run.metrics,
    }
    if options.json:
        print(json.dumps(shown, indent=1))
        return 0
    print(f"{run.name} ({run.id})")
    print(f"{run.state} {run.phase} {run.progress:.0%}, step {run.step} of {run.total_steps}, {run.device}")
    if run.cause:
        print(run.cause)
    _table([{"setting": name, "value": value} for name, value in sorted(run.params.items())])
    _table([{"metric": name, "latest": f"{value:.6g}"} for name, value in sorted(run.metrics.items())])
    return 0


def _stop(options: argparse.Namespace) -> int:
    from core.jobs import queue

    queue.stop(options.run)
    return 0


def _resume(options: argparse.Namespace) -> int:
    from core.jobs import queue

    queue.resume(options.run)
    return 0


def _fetch(options: argparse.Namespace) -> int:
    """Shows progress on standard error: a bar on a screen, a line for every tenth in a file."""
    from core.jobs import download

    screen, shown = sys.stderr.isatty(), -1

    def report(done: int, total: int) -> None:
        nonlocal shown
        tenth = 10 * done // max(total, 1)
        if screen or tenth != shown:
            shown = tenth
            line = f"{'█' * (3 * tenth):·<30} {done / 1e6:,.1f} of {total / 1e6:,.1f} MB"
            print(f"\r\033[K{line}" if screen else line, end="" if screen else "\n", file=sys.stderr, flush=True)

    download.carry_out(options.dataset, report)
    if screen:
        print(file=sys.stderr)
    cls = catalog.get("dataset", options.dataset)
    there = cls(cls.Settings()).availability()
    print(json.dumps({"name": options.dataset, "where": there.sentence}) if options.json else there.sentence)
    return 0


def _add(options: argparse.Namespace) -> int:
    """Says on standard error what was found; what can't be used must be left out or mended."""
    from pathlib import Path

    from core.datasets import own

    proposal = own.propose(Path(options.path).expanduser(), options.kind or "")
    source = proposal.source
    if options.kind not in (None, source.kind):
        raise UserError(f"{options.path} can't be read as {options.kind!r}: take {' or '.join(proposal.forms)}.")
    own.check_name(options.name, source.kind)
    may = {choice.field for choice in proposal.choices}
    given = {field: value for field, _ in READ if (value := getattr(options, field)) is not None}
    if unfit := sorted(set(given) - may):
        raise UserError(f"--{unfit[0].replace('_', '-')} is not for {proposal.forms[source.kind]}.")
    source = source.model_copy(update=given)
    examined = own.examine(source)
    if options.leave_out and (taken := own.offers(examined.findings)):
        examined = own.examine(source.model_copy(update={"leave_out": taken}))
    elif examined.broken:
        raise UserError(f"{examined.broken[0].sentence} With --leave-out it is added without them.")
    own.add(options.name, options.title or options.name, examined)
    for found in examined.findings:
        print(found.sentence, file=sys.stderr)
    spec = examined.data.spec
    what = f"{examined.characters:,} characters in windows" if spec.kind == "text" else (
        f"{len(spec.classes)} classes" if spec.classes else catalog.CONTENTS[spec.kind])
    if options.json:
        print(json.dumps({"name": options.name, "kind": spec.kind, "shape": spec.shape, "sizes": spec.sizes,
                          "classes": spec.classes, "found": [found.sentence for found in examined.findings]}))
    else:
        sizes = ", ".join(f"{size:,} {split}" for split, size in spec.sizes.items())
        print(f"{options.name}: {what}; {sizes}. Train on it with --dataset {options.name}.")
    return 0


def _remove(options: argparse.Namespace) -> int:
    from core.datasets import own

    own.remove(options.name)
    if options.json:
        print(json.dumps({"name": options.name, "removed": True}))
    return 0


def _supervise(options: argparse.Namespace) -> int:
    from core.jobs import supervisor

    supervisor.supervise()
    return 0


def _doctor(options: argparse.Namespace) -> int:
    """Prints what is here; exits 1 where something is wrong."""
    from core.home import data_folders, home
    from core.jobs import queue, supervisor
    from core.jobs.devices import devices
    from core.tracking import store

    faults = []
    try:
        store.client().search_runs([store.experiment_id()], max_results=1)
    except UserError as error:
        faults.append(str(error))
    free = shutil.disk_usage(home()).free
    if free < queue.LEAST_FREE_BYTES:
        faults.append(f"Only {free // 1024**2} MB are free on the disk of {home()}: free some space.")
    found = {
        "devices": [f"{d.kind}:{d.index} {d.name}, {d.memory_bytes / 1024**3:.0f} GB" for d in devices()],
        "store": store.tracking_uri(),
        "home": f"{home()}, {free / 1024**3:.0f} GB free",
        "data folders": [str(folder) for folder in data_folders()],
        "data": {name: cls(cls.Settings()).availability().sentence for name, cls in catalog.entries("dataset").items()},
        "supervisor": "lives" if supervisor.alive() else "none; the next launch starts one",
        "versions": {name: _version(name) for name in ("torch", "torchvision", "mlflow", "streamlit", "plotly")},
        "faults": faults,
    }
    if options.json:
        print(json.dumps(found, indent=1))
    else:
        for name, value in found.items():
            lines = [f"{k}: {v}" for k, v in value.items()] if isinstance(value, dict) else value
            print(f"{name}: {'; '.join(lines) or 'none' if isinstance(lines, list) else lines}")
    return 1 if faults else 0


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"  # a GPU node has no dashboard


def _table(rows: list[dict]) -> None:
    written = [["" if value is None else str(value) for value in row.values()] for row in rows]
    cells = [list(rows[0]), *written] if rows else []
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


if __name__ == "__main__":
    sys.exit(main())
