"""Which series of the outbox a counting process uses. A process that has ended leaves its place to the next one.

Totals of a process are a life (`epoch`: its random id) of a series (`series`: its slot). Were each process a
series of its own, a skill that restarts for ever would fill the outbox with series nobody continues. A slot
is given away only when its process is dead for certain (pid and start time, this boot), or, where the kernel
does not say who it is, after a day of silence; two living processes never share one. The table is on
disk before a slot is used: after a restart of the agent everybody has the slot he had. If the table is lost,
what was counted last tells who had which; a slot that somebody counted in is nobody else's for a day.

A process that is dead for certain has its series retired (`ended`), RETIRE_AFTER_S later: what it had sent before
it died has been read by then. Without that, every counter that ever met every slot would stay a series.
"""

import logging
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from edge_agent.sources.lines import LineRefused
from edge_agent.sources.memory import Memory
from edge_agent.sources.sharing import NOBODY, Peer, crowded

FORGOTTEN_AFTER_S = 86_400.0  # clients say their totals at least every ten minutes while they count
RETIRE_AFTER_S = 60.0  # a connection that waits to be accepted is read within a second; a stuck agent ends sooner
RETIRED_KEPT = 1000  # processes whose series are retired: from zero, their totals would be counted twice
_LOG = logging.getLogger(__name__)


@dataclass(slots=True)
class Holder:
    """Who has a slot. `pid` 0: unknown."""

    source: str
    pid: int = 0
    started: str = ""
    heard_s: float = 0.0
    uid: int = NOBODY


class Slots:
    """The table. `started(pid)` is the start of a living process, "" of a dead one.

    `lives()`: process -> the slot it was counted in last, as the outbox knows it. `connected(pid)`: it holds a
    connection, so it lives or there is something of it to be read.
    """

    def __init__(
        self,
        memory: Memory,
        boot_id: str,
        most: int,
        started: Callable[[int], str],
        lives: Callable[[], Mapping[str, str]] = dict,
        connected: Callable[[int], bool] = lambda _pid: False,
    ) -> None:
        self._memory = memory
        self._boot_id = boot_id
        self._most = most
        self._started = started
        self._lives = lives
        self._connected = connected
        self._gone_s: dict[str, float] = {}  # process -> when it was found to be dead
        self._retired: deque[str] = deque(maxlen=RETIRED_KEPT)
        self._told_all_ended = False
        self._holders: dict[str, Holder] = {}
        kept = memory.load()
        lost = kept is None
        if kept and kept.get("boot") == boot_id:  # no process outlives its boot
            try:
                self._holders = {str(slot): Holder(**holder) for slot, holder in kept["slots"].items()}
            except (KeyError, TypeError, AttributeError) as error:
                lost = True
                _LOG.warning("slots are unreadable: %s", error, extra={"action": "source_memory_failed"})
        self._reserved = set(lives().values()) if lost else set()  # their holders may live
        self._lost_s: float | None = None

    def ended(self, mono_s: float) -> tuple[tuple[str, ...], bool]:
        """(processes that are dead for certain and were not named here before, whether nobody is left)."""
        dead = {holder.source for holder in self._holders.values() if holder.pid and self._is_dead(holder)}
        if not self._reserved:  # else whoever counted may live, although the table does not know of him
            dead |= self._lives().keys() - {holder.source for holder in self._holders.values()}
        self._gone_s = {source: self._gone_s.get(source, mono_s) for source in dead | self._gone_s.keys()}
        ended = tuple(source for source, since_s in self._gone_s.items() if mono_s - since_s >= RETIRE_AFTER_S)
        for source in ended:
            del self._gone_s[source]
            self._retired.append(source)
        self._holders = {slot: holder for slot, holder in self._holders.items() if holder.source not in ended}
        nobody = not (self._holders or self._gone_s or self._reserved)
        news = nobody and not self._told_all_ended
        self._told_all_ended = nobody
        return ended, news

    def slot(self, source: str, peer: Peer, mono_s: float) -> str:
        """The slot of this process. Raises LineRefused when it may have none or the table cannot be kept."""
        for slot, holder in self._holders.items():
            if holder.source == source:
                holder.heard_s = mono_s
                return slot
        kept = (holder for slot, holder in self._holders.items() if not self._is_free(slot, mono_s))
        holders = (Peer(holder.pid, holder.uid) for holder in kept)
        if who := crowded(peer, holders, self._most):
            raise LineRefused(f"too many sources of this {who} count at a time: count in one of them, or raise sources")
        slot = self._lives().get(source, "")
        if not slot or not self._is_free(slot, mono_s):
            slot = self._unused(mono_s)
        if not slot:
            raise LineRefused("too many processes count at a time: count in one of them, or raise sources")
        before = self._holders.get(slot)
        self._holders[slot] = Holder(source, peer.pid, self._started(peer.pid) if peer.pid else "", mono_s, peer.uid)
        try:
            self._memory.save({"boot": self._boot_id, "slots": {n: asdict(h) for n, h in self._holders.items()}})
        except OSError as error:
            del self._holders[slot]
            if before is not None:
                self._holders[slot] = before
            raise LineRefused(
                f"the agent cannot write to its state folder now ({error}): say it again later"
            ) from error
        return slot

    def returned(self, source: str) -> bool:
        """Whether it was taken for ended and speaks again; its totals then count from their values on. Said once."""
        if source not in self._retired:
            return False
        self._retired.remove(source)
        return True

    def _unused(self, mono_s: float) -> str:
        """A free slot that nobody is expected back in; "" when there is none."""
        if self._lost_s is None:
            self._lost_s = mono_s
        if mono_s - self._lost_s > FORGOTTEN_AFTER_S:
            self._reserved.clear()
        slots = (str(number) for number in range(self._most + len(self._reserved)))
        return next((slot for slot in slots if slot not in self._reserved and self._is_free(slot, mono_s)), "")

    def _is_free(self, slot: str, mono_s: float) -> bool:
        holder = self._holders.get(slot)
        if holder is None:
            return True
        if holder.pid:
            return self._is_dead(holder)
        return mono_s - holder.heard_s > FORGOTTEN_AFTER_S

    def _is_dead(self, holder: Holder) -> bool:
        began = self._started(holder.pid)
        return (not began or began != holder.started) and not self._connected(holder.pid)


def started(pid: int) -> str:
    """When this process began, in the kernel's clock ticks since boot; "" when it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in {"Z", "X"} else fields[19]  # state and starttime of proc(5), counted from field 3
