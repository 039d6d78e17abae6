"""Closes one day of a filled store in a process of its own, cold, and prints its figures as JSON.

python -m tests.bench.score_process STORE_URL DAY NOW_S
"""

import json
import sys
import threading
import time

import psutil

from collector import memory
from collector.store.engine import open_store

SAMPLE_S = 0.2
MB = 1024 * 1024


def main() -> None:
    from tests.policies import a_closing  # noqa: PLC0415 - the passes' processes import this module again

    url, day, now_s = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    memory.relax()
    store = open_store(url)
    stop, peak = threading.Event(), [0.0, 0.0]
    watcher = threading.Thread(target=_watch, args=(stop, peak))
    watcher.start()
    steps: dict[str, float] = {}
    began = time.perf_counter()

    def progress(step: str, done: int, of: int) -> None:
        if done == of:
            steps[step] = round(time.perf_counter() - began, 2)

    closed = a_closing(store=store, progress=progress).close(day, now_s)
    wall_s = time.perf_counter() - began
    stop.set()
    watcher.join()
    store.close()
    figures = {"wall_s": wall_s, "cpu_s": peak[1], "mb": peak[0], "scored": closed.scored, "rolled": closed.rolled_up}
    print(json.dumps({**figures, "steps": steps}), flush=True)


def _watch(stop: threading.Event, peak: list[float]) -> None:
    """Memory of this process and its children, shared pages counted once; and their CPU time."""
    cpu: dict[int, float] = {}
    me = psutil.Process()
    while not stop.wait(SAMPLE_S):
        pss = 0.0
        for process in (me, *me.children(recursive=True)):
            try:
                pss += process.memory_full_info().pss
                times = process.cpu_times()
            except (psutil.NoSuchProcess, psutil.ZombieProcess):
                continue
            cpu[process.pid] = times.user + times.system
        peak[0] = max(peak[0], pss / MB)
        peak[1] = sum(cpu.values())


if __name__ == "__main__":
    main()
