"""A run's folder on the machine that trains it: lock, process id, heartbeat and log."""

from __future__ import annotations

from filelock import FileLock, Timeout

from core.home import home


class RunFolder:
    """What supervisor and worker share about one run. The worker holds `lock` for as long as it lives:
    the kernel frees it even after SIGKILL, and no reused process id can be taken for the worker."""

    def __init__(self, run_id: str):
        self.path = home() / "runs" / run_id
        self.path.mkdir(parents=True, exist_ok=True)
        self.log, self.heartbeat, self._pid = self.path / "worker.log", self.path / "heartbeat", self.path / "pid"

    def lock(self) -> FileLock:
        return FileLock(self.path / "lock")

    def held(self) -> bool:
        """Whether a worker lives."""
        return is_held(self.lock())

    @property
    def pid(self) -> int:
        """The worker's process id; it means something only while the lock is held."""
        return int(self._pid.read_text())

    @pid.setter
    def pid(self, number: int) -> None:
        self._pid.write_text(str(number))


def is_held(lock: FileLock) -> bool:
    """Whether another process holds the lock now."""
    try:
        with lock.acquire(timeout=0):
            return False
    except Timeout:
        return True
