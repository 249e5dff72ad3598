"""What a run writes of itself: MLflow's own calls, in batches, on its own thread. The loop never waits for the store."""

from __future__ import annotations

import io
import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from functools import cache, partial
from importlib import metadata
from pathlib import Path

import psutil
import torch
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag
from safetensors.torch import save_file
from torch import Tensor, nn

from core import catalog
from core.datasets.base import Data
from core.experiment import Experiment
from core.home import PROJECT
from core.tasks.base import Preview
from core.tracking import store

FLUSH_SECONDS = 1.0  # a write takes MLflow some 8 ms, and 0.1 ms more for each point, in which training has to wait
SYSTEM_SECONDS = 5.0
LOG_SECONDS = 3.0
GIVE_UP_SECONDS = 600.0  # how long the end of a run waits for a store that is away
MOST_METRICS = 1000  # MLflow's limit of one batch
LOG_FILE = "logs/worker.txt"
NEWEST = ("train/epoch", "train/samples_per_second")  # of these only what is newest at each write is kept


def create_run(experiment: Experiment, *, finds_rate: bool = False) -> str:
    """Puts an experiment into the queue as an MLflow run, SCHEDULED. Gives the run's id.

    `finds_rate`: it is not trained; a learning rate for it is sought.
    """
    client = store.client()
    tags = {
        "glassbox.experiment": experiment.model_dump_json(),
        "glassbox.place": store.place(),
        "mlflow.user": os.environ.get("USER") or os.environ.get("LOGNAME") or "glassbox",
        "mlflow.source.name": "glassbox",
        "mlflow.source.type": "LOCAL",
    }
    if experiment.start_from:
        parent, step = experiment.parent
        tags |= {"glassbox.start_run": parent, "glassbox.start_step": str(step)}
    if finds_rate:
        tags["glassbox.finds"] = "learning rate"
    if version := code_version():
        tags["mlflow.source.git.commit"] = version
    name = f"Learning rates of {run_name(experiment)}" if finds_rate else run_name(experiment)
    run = client.create_run(store.experiment_id(), tags=tags, run_name=name)
    run_id = run.info.run_id
    client.log_batch(run_id, params=[Param(name, str(value)) for name, value in experiment.leaves().items()])
    client.update_run(run_id, status="SCHEDULED")  # last: from here on a supervisor may claim it
    return run_id


def run_name(experiment: Experiment) -> str:
    """What a person calls the run: `LeNet-5 on Digits, seed 0`."""
    title, data = (catalog.get(kind, name).card.title for kind, name in
                   (("architecture", experiment.architecture), ("dataset", experiment.dataset)))
    return f"{title} on {data}, seed {experiment.seed}"


@cache
def code_version() -> str | None:
    """The git commit of this code, or None outside a checkout."""
    try:
        return subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=PROJECT, capture_output=True, text=True, check=True, timeout=5
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None


class RunLog:
    """The `Listener` of a run that writes to MLflow.

    Arguments: `run_id`; `log_file`, the worker's output; `stop_requested` and `beat`, called by the loop between steps.
    Metrics, pictures and checkpoints are queued and written by one thread, in order; `close` waits for all of it.
    A store that is away for a while costs nothing: what is queued stays queued.
    """

    def __init__(self, run_id: str, log_file: Path, stop_requested: Callable[[], bool], beat: Callable[[], None]):
        self.run_id, self.log_file, self.client = run_id, log_file, store.client()
        self.wants_stop, self._beat = stop_requested, beat
        self._metrics: list[Metric] = []
        self._newest: dict[str, Metric | None] = {}
        self._uploads: list[tuple[str, Callable[[], None]]] = []
        self._lock, self._wake, self._closing = threading.Lock(), threading.Event(), False
        self._slot = 0
        self._folder = tempfile.TemporaryDirectory(prefix="glassbox-")
        self._log_size = 0
        self._probe = SystemProbe()
        self._thread = threading.Thread(target=self._write_on, name="run-log", daemon=True)
        self._thread.start()

    # Moments of the loop

    def started(self, total_steps: int, step: int) -> None:
        self.tags({"glassbox.total_steps": total_steps, "glassbox.from_step": step, "glassbox.training_since": time.time()})
        self.phase("training")

    def stepped(self, step: int) -> None:
        self._beat()

    def metrics(self, values: dict[str, float], step: int) -> None:
        now = int(time.time() * 1000)
        with self._lock:
            for name, value in values.items():
                metric = Metric(name, float(value), now, step)
                if name in self._newest:
                    self._newest[name] = metric
                else:
                    self._metrics.append(metric)
                    if name in NEWEST:  # the first of all is kept too: it says when training began
                        self._newest[name] = None

    def preview(self, preview: Preview, step: int) -> None:
        def upload() -> None:
            if preview.data is not None:  # before its picture: whoever sees that one finds these
                self.client.log_text(self.run_id, json.dumps(preview.data), f"previews/{preview.name}/{step:09d}.json")
            self.client.log_image(self.run_id, preview.image, key=preview.name, step=step, synchronous=True)

        self._queue(f"preview {preview.name} {step}", upload)

    def weights(self, state: dict[str, Tensor], step: int) -> None:
        def upload() -> None:
            path = os.path.join(self._folder.name, f"step-{step:09d}.safetensors")
            save_file({name: value.contiguous() for name, value in state.items()}, path)
            self.client.log_artifact(self.run_id, path, "checkpoints")
            os.remove(path)

        self._queue(f"weights {step}", upload)

    def checkpoint(self, state: dict, step: int) -> None:
        held = io.BytesIO()
        torch.save(state, held)
        # Two files in turn: a kill while one is written leaves the other whole.
        name, self._slot = f"resume-{self._slot}.pt", 1 - self._slot

        def upload() -> None:
            path = os.path.join(self._folder.name, name)
            with open(path, "wb") as file:
                file.write(held.getbuffer())
            self.client.log_artifact(self.run_id, path, "checkpoints")
            os.remove(path)

        self._queue("checkpoint", upload, replaces=True)

    # What the worker says

    def phase(self, phase: str) -> None:
        """What the run is doing, for the pages: `loading data`, `training`, ..."""
        self.tags({"glassbox.phase": phase})

    def tags(self, tags: dict[str, object]) -> None:
        entries = [RunTag(name, str(value)) for name, value in tags.items()]
        self._queue(f"tags {sorted(tags)}", lambda: self.client.log_batch(self.run_id, tags=entries))

    def data(self, name: str, data: Data) -> None:
        """Logs the data set as an input of the run, with its digest, and the spec that looking inside needs."""
        schema = {"mlflow_tensorspec": {"features": json.dumps([_tensor_spec(data.train.inputs)]), "targets": None}}
        if data.train.targets is not None:
            schema["mlflow_tensorspec"]["targets"] = json.dumps([_tensor_spec(data.train.targets)])
        entry = Dataset(
            name=name, digest=data.digest, source_type="local", source=json.dumps({"uri": data.source}),
            schema=json.dumps(schema), profile=json.dumps(data.spec.sizes),
        )
        used = [DatasetInput(entry, [InputTag("mlflow.data.context", "training")])]
        self._queue("data", lambda: self.client.log_inputs(self.run_id, used))
        self._queue("spec", lambda: self.client.log_text(self.run_id, data.spec.model_dump_json(), "spec.json"))

    def environment(self, device: torch.device) -> None:
        """Logs installed packages, the machine and the device."""
        packages = sorted({f"{d.metadata['Name']}=={d.version}" for d in metadata.distributions()}, key=str.lower)
        machine = {"python": sys.version.split()[0], "platform": platform.platform(), "cores": os.cpu_count(),
                   "threads": torch.get_num_threads(), "torch": torch.__version__, "device": device_name(device)}
        files = {"requirements.txt": "\n".join(packages), "machine.json": json.dumps(machine, indent=1)}
        for name, text in files.items():
            self._queue(name, partial(self.client.log_text, self.run_id, text, f"environment/{name}"))
        self.tags({"glassbox.device": device_name(device)})
        self._probe.device = device

    def close(self) -> None:
        """Writes all that is queued and stops the thread. Raises `OSError` where the store stayed away."""
        self._closing = True
        self._wake.set()
        self._thread.join()
        self._folder.cleanup()
        if self._metrics or self._uploads:
            raise OSError("The store stayed out of reach; what it lacks is in the worker's log.")

    # The thread

    def _queue(self, name: str, upload: Callable[[], None], replaces: bool = False) -> None:
        with self._lock:
            if replaces:  # a checkpoint that has not been written yet is worthless beside a newer one
                self._uploads = [entry for entry in self._uploads if entry[0] != name]
            self._uploads.append((name, upload))

    def _write_on(self) -> None:
        sampled = logged = 0.0
        away_since: float | None = None
        while True:
            self._wake.wait(FLUSH_SECONDS)
            closing = self._closing
            now = time.monotonic()
            if now - sampled > SYSTEM_SECONDS or closing:
                self.metrics(self._probe.sample(), int(now - self._probe.begun))
                sampled = now
            try:
                self._flush()
                if now - logged > LOG_SECONDS or closing:
                    self._copy_log()
                    logged = now
                away_since = None
            except Exception as error:  # whatever a client raises, training goes on and the next round tries again
                print(f"The store did not take a write, trying again: {error}", file=sys.stderr, flush=True)
                away_since = away_since or now
                if closing and (now - away_since > GIVE_UP_SECONDS or store.reaches(error)):
                    return
                if closing:
                    time.sleep(1)
                continue
            if closing:
                return

    def _flush(self) -> None:
        with self._lock:
            self._metrics += [metric for metric in self._newest.values() if metric]
            self._newest = dict.fromkeys(self._newest)
        while True:
            with self._lock:
                batch, uploads = self._metrics[:MOST_METRICS], list(self._uploads)
            if not batch and not uploads:
                return
            if batch:
                self.client.log_batch(self.run_id, metrics=batch)
                with self._lock:
                    del self._metrics[: len(batch)]
            for entry in uploads:
                entry[1]()
                with self._lock:
                    if entry in self._uploads:
                        self._uploads.remove(entry)

    def _copy_log(self) -> None:
        size = self.log_file.stat().st_size if self.log_file.exists() else 0
        if size != self._log_size:
            text = self.log_file.read_text(errors="replace")
            self.client.log_text(self.run_id, text, LOG_FILE)
            self._log_size = size


class SystemProbe:
    """What this process and its own device use; sampled every few seconds. Names as MLflow's system metrics."""

    def __init__(self) -> None:
        self.begun, self.device = time.monotonic(), torch.device("cpu")
        self._process = psutil.Process()
        self._process.cpu_percent()

    def sample(self) -> dict[str, float]:
        """Percent of one core (so 200 is two cores busy), megabytes, and the GPU's percent where the run has one."""
        megabyte = 1024**2
        values = {
            "system/process_cpu_percentage": self._process.cpu_percent(),
            "system/process_memory_megabytes": self._process.memory_info().rss / megabyte,
            "system/cpu_utilization_percentage": psutil.cpu_percent(),
            "system/system_memory_usage_percentage": psutil.virtual_memory().percent,
        }
        if self.device.type == "cuda":
            free, total = torch.cuda.mem_get_info(self.device)
            values |= {
                "system/gpu_utilization_percentage": float(torch.cuda.utilization(self.device)),
                "system/gpu_memory_usage_megabytes": (total - free) / megabyte,
                "system/gpu_memory_usage_percentage": 100 * (total - free) / total,
                "system/gpu_peak_memory_megabytes": torch.cuda.max_memory_allocated(self.device) / megabyte,
            }
        elif self.device.type == "mps":
            values["system/gpu_memory_usage_megabytes"] = torch.mps.current_allocated_memory() / megabyte
        return values


def log_model(run_id: str, model: nn.Module, example: Tensor) -> None:
    """Logs the final model in torch's export format: any MLflow client loads it, without this code and without pickle.

    Arguments: `model` on the CPU in evaluation mode; `example`, one input batch on the CPU.
    """
    import mlflow.pytorch
    from mlflow.models import Model, infer_signature

    with torch.no_grad():
        output = model(example)
    signature = infer_signature(example.numpy(), output.numpy()) if isinstance(output, Tensor) else None
    mlflow.set_tracking_uri(store.tracking_uri())
    mlflow.set_experiment(experiment_id=store.experiment_id())  # a logged model belongs to an experiment, not to a run
    Model.log(
        artifact_path=None, name="model", flavor=mlflow.pytorch, run_id=run_id, pytorch_model=model, signature=signature,
        input_example=example.numpy(), serialization_format="pt2",
        # Named here: MLflow would find them out by loading the model in another process, which takes half a minute.
        pip_requirements=[f"torch=={torch.__version__.split('+')[0]}"],
    )


def finish(run_id: str, state: str, cause: str = "") -> None:
    """Ends a run as FINISHED, FAILED or KILLED, with a sentence on why where it did not finish."""
    client = store.client()
    client.log_batch(run_id, tags=[RunTag("glassbox.cause", cause[:5000]), RunTag("glassbox.phase", "")])
    client.set_terminated(run_id, state)


def device_name(device: torch.device) -> str:
    """What a person calls the device: the GPU's product name, or the number of CPU threads in use."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    if device.type == "mps":
        return "Apple GPU"
    return f"CPU, {torch.get_num_threads()} threads"


def _tensor_spec(tensor: Tensor) -> dict:
    dtype = str(tensor.dtype).removeprefix("torch.")
    return {"type": "tensor", "tensor-spec": {"dtype": dtype, "shape": [-1, *tensor.shape[1:]]}}
