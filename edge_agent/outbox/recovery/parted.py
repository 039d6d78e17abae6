"""What is left to deliver of a file that lacks what its robot has delivered already. Pure.

The collector says up to which number it has the same records, and how far it has counted each series. Records of
the common part that it lacks go on with `was`; what was written since the file went back goes on as new. Its first
windows hold steps from totals that are too old: so much of each step as the collector has counted is taken out of
them. What a source forgot together with the file, and what nobody can tell, is decided by `correction`.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from edge_agent.outbox.new_file import Origin, Rebuilt, Stamped
from edge_agent.outbox.recovery.carve import documents_of, moved, renewed
from edge_agent.outbox.rows import Loss, Row, StateRow, Stream, digests, row_of
from edge_agent.outbox.runs import Run
from edge_agent.outbox.series import DIP_RATIO, FirstStep, first_of, is_note, name_of
from edge_agent.outbox.values import Back, Key, SourceTotal
from protocol import counted
from protocol.counted import LIFE_MAX_CHARS, Series, State
from protocol.limits import COUNT_MAX


@dataclass(slots=True)
class Reconciled:
    """`rest`: counter -> what could not be put into a record; it belongs into the open window."""

    content: Rebuilt
    rest: dict[str, int] = field(default_factory=dict)
    lost: bool = False


def correction(step: FirstStep, entry: Series | None, *, known: bool) -> int:
    """How much of what was counted from this step on the collector has already; negative: it lacks so much."""
    if not known:  # nobody can tell: the step is not counted, and said as lost
        return step.value - step.base
    if entry is None:
        return -step.base if step.ours else 0
    if step.value >= entry.whole:
        amount = entry.whole - step.base
        return amount if step.ours or not step.kept else max(amount, 0)  # its own file may have gone back
    dips = step.fall == "dip" and entry.whole - step.value <= DIP_RATIO * entry.whole
    began_again = step.fall != "never" and not dips  # else it went back as well, or was rounded
    return -step.base if began_again else step.value - step.base


def corrections(steps: Iterable[FirstStep], back: Back) -> dict[str, int]:
    """By counter, the sum over its series."""
    found: dict[str, int] = {}
    for step in steps:
        amount = correction(step, _entry(step, back.counted), known=back.counted is not None)
        if amount:
            found[step.counter] = found.get(step.counter, 0) + amount
    return {counter: amount for counter, amount in found.items() if amount}


def forgotten_totals(
    totals: Mapping[Key, SourceTotal], heard: set[Key], steps: Iterable[FirstStep], known: State
) -> dict[Key, SourceTotal]:
    """What to go on from for series that have not spoken since: how far the collector has counted them."""
    steps = list(steps)
    spoken = {(step.source, step.counter, counted.named(step.life, LIFE_MAX_CHARS)) for step in steps}
    by_name = {(total.counter, name_of(*key)): key for key, total in totals.items() if not is_note(key)}
    found: dict[Key, SourceTotal] = {}
    for counter, series in known.items():
        for name, entry in series.items():
            source, _, suffix = name.partition("|")
            key = by_name.get((counter, name), (source, f"{counter}|{suffix}" if suffix else counter))
            if name.startswith("#") and (counter, name) not in by_name:
                continue
            if entry.life.startswith("#") or (source, counter, entry.life) in spoken:
                continue
            present = totals.get(key)
            if present is not None and present.epoch == entry.life:
                if counted.whole(present.value, present.carried) >= entry.whole:
                    continue
            elif key in heard:  # another life has its place by now
                key = (source, f"{counter}|{suffix}~")
                if not suffix or key in totals:
                    continue
            found[key] = SourceTotal(counter, counted.value_of(entry), entry.life, entry.carried)
    return found | _behind(totals, steps, known)


def _behind(totals: Mapping[Key, SourceTotal], steps: Iterable[FirstStep], known: State) -> dict[Key, SourceTotal]:
    """Of sources whose own file went back too: such a file is to go on in a life of its own (sources/memory.py)."""
    found: dict[Key, SourceTotal] = {}
    for step in steps:
        entry, present = _entry(step, known), totals.get((step.source, step.series))
        if not step.kept or entry is None or present is None or present.epoch != step.life:
            continue
        if max(step.value, counted.whole(present.value, present.carried)) < entry.whole:
            value = counted.value_of(entry)
            found[step.source, step.series] = SourceTotal(step.counter, value, step.life, entry.carried)
    return found


def untold_steps(steps: Iterable[FirstStep], back: Back, keepers: AbstractSet[str]) -> bool:
    """Whether a source that keeps a file may have counted what its file no longer has, and nobody heard of.

    `keepers` are the names of such sources. A file that is ahead of the collector did not go back.
    """
    if back.ended or back.counted is None:
        return False
    entries = [(step, _entry(step, back.counted)) for step in first_of(steps) if step.kept]
    ahead = {step.source for step, entry in entries if entry is not None and step.value > entry.whole}
    told = {name.partition("|")[0] for series in back.counted.values() for name in series}
    return bool((keepers & told) - ahead)


def reconciled(
    rows: Sequence[Row],
    state: Sequence[StateRow],
    old: Stream,
    runs: Sequence[Run],
    back: Back,
    origin: Origin,
    *,
    keepers: AbstractSet[str] = frozenset(),
) -> Reconciled:
    """A new epoch for a file that parted from what the collector has; `runs` are those that nobody answered."""
    since = [run for run in runs if back.to is None or run.first > back.to]
    begin = since[0].first - 1 if since else old.newest
    common = begin if back.to is None else back.to
    stamp = Stamped(origin.stream(old).boot, origin.mono_s, origin.now_s)
    kept = [row for row in rows if back.mark < row.begin and row.seq <= common]
    merged = [row for row in rows if row.begin <= back.mark < row.seq <= common]  # the collector has some of it
    dropped = merged + [row for row in rows if max(common, back.mark) < row.seq <= begin]
    fresh = [row for row in rows if row.seq > begin]
    take_out: dict[str, int] = {}
    if back.windows:
        if since and since[0].window:
            fresh = _without_first_window(fresh)
        take_out = corrections(first_of(step for run in since for step in run.steps), back)
    fresh, rest = _corrected(fresh, take_out)
    lost = back.lost or bool(dropped) or (back.counted is None and bool(take_out))
    lost = lost or untold_steps([step for run in since for step in run.steps], back, keepers)
    first = max(back.mark, begin) + 1
    told = [stamp.lost(old.epoch, Loss(first, first + len(dropped), len(dropped) or 1), "rewound")] if lost else []
    numbers = {row.seq: 2 + len(told) + len(kept) + i for i, row in enumerate(fresh)}
    documents = documents_of(state, numbers, old.epoch, origin.epoch)
    salvaged = len(kept) + len(fresh)
    held = max(old.held, back.mark + 1)  # also to a store that is put back later, to before it acknowledged that
    begins = stamp.epoch(
        old.epoch, origin.cause, salvaged, held, state=documents, epoch=origin.epoch, latest=back.latest
    )
    head = [row_of(1 + i, record) for i, record in enumerate([begins, *told])]
    made = head + [moved(row, len(head) + 1 + i, old.epoch) for i, row in enumerate(kept)]
    made += [_fresh(row, numbers, old.epoch, origin.epoch) for row in fresh]
    stream = replace(origin.stream(old), newest=len(made), digests=digests(documents))
    return Reconciled(Rebuilt(tuple(made), stream, tuple(documents)), rest, lost)


def _fresh(row: Row, numbers: Mapping[int, int], before: str, after: str) -> Row:
    """What was salvaged from an older file keeps its identity."""
    return moved(row, numbers[row.seq], before) if "was" in row.record else renewed(row, numbers, before, after)


def _without_first_window(rows: Sequence[Row]) -> list[Row]:
    """The first window was open when the copy was made; the collector has it. It may be several records."""
    windows = [row for row in rows if row.kind == "window"]
    if not windows:
        return list(rows)
    first = windows[0].record
    parts = {windows[0].seq}
    for row in windows[1:]:
        more = row.record
        if (more["boot"], more["mono"], more["at"], more["span"]) != (first["boot"], first["mono"], first["at"], 0):
            break
        parts.add(row.seq)
    return [row for row in rows if row.seq not in parts]


def _corrected(rows: Sequence[Row], take_out: Mapping[str, int]) -> tuple[list[Row], dict[str, int]]:
    """The windows without what the collector has; what it lacks goes into the last of them."""
    left = dict(take_out)
    found = list(rows)
    windows = [n for n, row in enumerate(rows) if row.kind == "window"]
    for n in windows:
        record = found[n].record
        counts: dict[str, int] = dict(record["counts"])
        less = {c: min(amount, counts.get(c, 0)) for c, amount in left.items() if amount > 0 and counts.get(c, 0)}
        more = {c: -amount for c, amount in left.items() if amount < 0} if n == windows[-1] else {}
        more = {c: amount for c, amount in more.items() if counts.get(c, 0) + amount <= COUNT_MAX}
        if not less and not more:
            continue
        for counter, amount in less.items():
            counts[counter] -= amount
            left[counter] -= amount
        for counter, amount in more.items():
            counts[counter] = counts.get(counter, 0) + amount
            left[counter] = 0
        found[n] = found[n].rewritten(record | {"counts": {c: v for c, v in sorted(counts.items()) if v}})
    return found, {counter: -amount for counter, amount in left.items() if amount < 0}


def _entry(step: FirstStep, known: State | None) -> Series | None:
    """What the collector knows of this life: under its own name, or under the only other one of its source."""
    series = {} if known is None else known.get(step.counter, {})
    life = counted.named(step.life, LIFE_MAX_CHARS)
    own = series.get(name_of(step.source, step.series))
    if own is not None and (own.life == life or not own.life or not life):
        return own
    if not life:
        return None
    others = [e for name, e in series.items() if name.partition("|")[0] == step.source and e.life == life]
    return others[0] if len(others) == 1 else None
