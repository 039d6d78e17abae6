"""Where the passes of a closing run: in this process for few accounts, in two processes of their own for many.

Each process opens the store for reading only. A closing's chunks go to whichever is free; nothing is kept between them.
"""

import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Self, TypeVar

import orjson
from sqlalchemy import Connection

from collector import memory
from collector.accounts.ledger.facts import Knowledge
from collector.closing import passes
from collector.health.anomalies.model import Verdict
from collector.health.score.peers import Member, PeerTable
from collector.store.engine import Store, open_reader

ALONE_BELOW = 1_000  # accounts: starting processes takes longer than reading so few
WAITING = 1  # chunks for each process that are under way at once: their results wait in memory

T = TypeVar("T")
Members = Mapping[int, Member] | None
_reader: Store | None = None
_peers: tuple[bytes, PeerTable] | None = None


class Workers(AbstractContextManager["Workers"]):
    """Runs the passes over chunks; results come in the chunks' order."""

    def __init__(self, store: Store, accounts: int, processes: int) -> None:
        self._store = store
        self._pool: ProcessPoolExecutor | None = None
        self._processes = processes
        if processes > 1 and accounts >= ALONE_BELOW:
            url = store.url.render_as_string(hide_password=False)
            # spawn: a copy of a process with threads may hold their locks for ever
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(processes, mp_context=context, initializer=_open, initargs=(url,))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def first(self, chunks: Sequence[tuple[Sequence[int], Knowledge]], frame: passes.Frame) -> Iterator[passes.First]:
        """Pass 1 of each (accounts, knowledge)."""
        return self._each(_first, ((tuple(accounts), knowledge, frame) for accounts, knowledge in chunks))

    def second(
        self,
        chunks: Iterable[tuple[bytes, frozenset[int] | None, Mapping[str, Verdict], int, Members]],
        peers: Mapping[str, Any],
        frame: passes.Frame,
    ) -> Iterator[passes.Second]:
        """Pass 2 of each (kept, wanted accounts, verdicts, known at, what of the peers they are)."""
        dumped = orjson.dumps(peers, option=orjson.OPT_SERIALIZE_NUMPY)
        return self._each(_second, ((*chunk, dumped, frame) for chunk in chunks))

    def _each(self, work: Callable[..., T], tasks: Iterable[tuple[Any, ...]]) -> Iterator[T]:
        if self._pool is None:
            for task in tasks:
                with self._store.read() as connection:
                    yield work(connection, *task)
            return
        waiting: list[Future[T]] = []
        for task in tasks:
            waiting.append(self._pool.submit(_with_reader, work, task))
            if len(waiting) > WAITING * self._processes:
                yield waiting.pop(0).result()
        while waiting:
            yield waiting.pop(0).result()


def _open(url: str) -> None:
    global _reader  # noqa: PLW0603 - a worker process has one store for its life
    memory.relax()  # thousands of objects of a chunk, none of them in a cycle
    _reader = open_reader(url)


def _with_reader(work: Callable[..., T], task: tuple[Any, ...]) -> T:
    assert _reader is not None
    with _reader.read() as connection:
        return work(connection, *task)


def _first(connection: Connection, accounts: Sequence[int], knowledge: Knowledge, frame: passes.Frame) -> passes.First:
    return passes.first(connection, accounts, knowledge, frame)


def _second(
    connection: Connection, kept: bytes, wanted: frozenset[int] | None, verdicts: Mapping[str, Verdict],
    known_at: int, members: Members, dumped: bytes, frame: passes.Frame,
) -> passes.Second:  # fmt: skip
    return passes.second(connection, kept, wanted, _loaded(dumped), verdicts, known_at, frame, members)


def _loaded(dumped: bytes) -> PeerTable:
    """The table of this closing, read once in each process."""
    global _peers  # noqa: PLW0603 - a cache of one
    if _peers is None or _peers[0] != dumped:
        _peers = (dumped, PeerTable.load(orjson.loads(dumped)))
    return _peers[1]
