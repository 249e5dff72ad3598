"""Data that don't fit on the device: the same batches in the same order, read ahead but never far."""

import threading

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from core.datasets import base
from core.datasets.base import Split, Streamed

CPU = torch.device("cpu")


def drawn(count=100):
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (count, 3, 8, 8), dtype=torch.uint8, generator=generator), torch.arange(count) % 10


def same(batches, others):
    pairs = list(zip(batches, others, strict=True))
    return len(pairs) > 1 and all(torch.equal(a, b) for one, other in pairs for a, b in zip(one, other, strict=True))


def test_streamed_batches_are_those_of_data_in_memory_and_no_random_number_is_drawn():
    inputs, targets = drawn()
    indices = torch.randperm(100).split(16)
    before = torch.get_rng_state()
    assert same(Streamed(inputs, targets).stream(indices, CPU), Split(inputs, targets).stream(indices, CPU))
    assert same(Streamed(inputs, targets).batches(30, CPU), Split(inputs, targets).batches(30, CPU))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("kind", [Split, Streamed])
@pytest.mark.parametrize("way", ["torch", "safetensors"])
def test_a_mapped_file_is_read_like_a_tensor_in_memory(tmp_path, kind, way):
    inputs, targets = drawn()
    if way == "torch":
        inputs.numpy().tofile(tmp_path / "pictures")
        mapped = torch.from_file(str(tmp_path / "pictures"), shared=True, size=inputs.numel(), dtype=torch.uint8)
        mapped = mapped.view_as(inputs)
    else:
        save_file({"inputs": inputs}, tmp_path / "pictures")
        with safe_open(tmp_path / "pictures", "pt") as file:
            mapped = file.get_tensor("inputs")
    indices = torch.randperm(100).split(16)
    split = kind(mapped, targets).to(CPU)
    assert split.inputs.data_ptr() == mapped.data_ptr()  # it was not read into memory
    assert same(split.stream(indices, CPU), Split(inputs, targets).stream(indices, CPU))


def test_no_more_batches_are_read_than_are_wanted_ahead():
    taken, waiting = [], threading.Event()

    class Watched(Streamed):
        def take(self, index, device):
            taken.append(index)
            if len(taken) == base.AHEAD + 1:
                waiting.set()
            return super().take(index, device)

    batches = Watched(*drawn()).stream(torch.arange(100).split(5), CPU)
    next(batches)
    assert waiting.wait(10)
    batches.close()
    assert len(taken) == base.AHEAD + 1


def test_a_fault_of_the_reading_thread_reaches_the_loop():
    with pytest.raises(IndexError):
        list(Streamed(*drawn(4)).stream([torch.tensor([1]), torch.tensor([7])], CPU))
