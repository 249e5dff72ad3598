"""The devices of this machine, found without touching CUDA, and the places on them where runs are carried out."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from functools import cache

import psutil
import pynvml
import torch

CORES_A_RUN = 4  # a CPU run gains little from more, and several runs then go side by side


@dataclass(frozen=True)
class Device:
    """`kind` is cuda, mps or cpu; `index` counts within the kind; `memory_bytes` is what it has in all."""

    kind: str
    index: int
    name: str
    memory_bytes: int


@dataclass(frozen=True)
class Slot:
    """A place for one run at a time. `name` is what the run's tag says (`cuda:0`, `cpu:1`)."""

    name: str
    kind: str
    threads: int
    visible: str  # value of CUDA_VISIBLE_DEVICES for the worker


@cache
def devices() -> list[Device]:
    """All devices, GPUs first, the CPU last. `CUDA_VISIBLE_DEVICES` narrows the GPUs as it does for torch."""
    found = _nvidia() if torch.version.cuda else []
    if torch.backends.mps.is_available():
        found.append(Device("mps", 0, "Apple GPU", psutil.virtual_memory().total))
    return [*found, Device("cpu", 0, platform.processor() or platform.machine(), psutil.virtual_memory().total)]


@cache
def slots() -> list[Slot]:
    """Where runs can be carried out at once: one on each GPU, and one for every four cores."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    side_by_side = max(1, cores // CORES_A_RUN)
    threads = max(1, cores // side_by_side)
    gpus = [
        Slot(f"{d.kind}:{d.index}", d.kind, threads, str(d.index) if d.kind == "cuda" else "")
        for d in devices() if d.kind != "cpu"
    ]
    return gpus + [Slot(f"cpu:{i}", "cpu", threads, "") for i in range(side_by_side)]


def _nvidia() -> list[Device]:
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return []  # no driver, no GPU
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    allowed = None if visible is None else {part.strip() for part in visible.split(",")}
    found = []
    for index in range(pynvml.nvmlDeviceGetCount()):
        handle = pynvml.nvmlDeviceGetHandleByIndex(index)
        if allowed is None or str(index) in allowed or pynvml.nvmlDeviceGetUUID(handle) in allowed:
            memory = pynvml.nvmlDeviceGetMemoryInfo(handle).total
            found.append(Device("cuda", index, pynvml.nvmlDeviceGetName(handle), memory))
    return found
