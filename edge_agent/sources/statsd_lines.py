"""StatsD packets -> what they say. Pure: no socket, no clock, nothing remembered.

Read: `name:value|c|@rate`, gauges with `+`/`-`, several lines in a packet, DogStatsD tags
(`|#key:value,flag`), several values in a line (`name:1:2:3|c`), timers `ms`, `h`, `d`.
Sets, events and service checks say nothing that can be counted: passed over, not refused.
"""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from edge_agent.sources.names import shown

LINES_MAX = 1000  # of one datagram; more is refused as one
VALUES_MAX = 100  # of one line
NAME_MAX_CHARS = 200
VALUE_MAX = 2.0**53
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_TIMERS = frozenset({"ms", "h", "d"})

Kind = Literal["counter", "gauge", "delta", "timer"]


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric of a packet. counter, timer: how often (already divided by the rate); gauge, delta: the value."""

    kind: Kind
    name: str
    value: float
    tags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Packet:
    """What a datagram said, and the reasons of what could not be read, each with the metric's name if it has one."""

    samples: tuple[Metric, ...] = ()
    refused: tuple[str, ...] = ()
    names: tuple[str, ...] = ("",)


class _Rubbish(ValueError):
    pass


def read_packet(data: bytes) -> Packet:
    """Every line of a datagram; a line that is rubbish takes none of its neighbours with it."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return Packet(refused=("packet is not UTF-8",))
    lines = [line for line in text.split("\n") if line.strip()]
    if len(lines) > LINES_MAX:
        return Packet(refused=(f"packet has more than {LINES_MAX} lines",))
    samples: list[Metric] = []
    refused: list[str] = []
    names: list[str] = []
    for line in lines:
        try:
            samples += _read_line(line.rstrip("\r"))
        except _Rubbish as error:
            refused.append(str(error))
            names.append(line.partition(":")[0] if "|" in line else "")
    return Packet(tuple(samples), tuple(refused), tuple(names))


def _read_line(line: str) -> list[Metric]:
    if line.startswith(("_e{", "_sc|")):
        return []
    name, colon, rest = line.partition(":")
    values, bar, options = rest.partition("|")
    if not colon or not bar:
        raise _Rubbish("line has not the form name:value|type")
    if not name or len(name) > NAME_MAX_CHARS or not name.isprintable():
        raise _Rubbish("metric has no usable name")
    type_, *extras = options.split("|")
    rate, tags = _options(extras)
    if type_ == "s":
        return []
    texts = values.split(":")
    if len(texts) > VALUES_MAX:
        raise _Rubbish(f"line has more than {VALUES_MAX} values")
    return [_sample(type_, name, text, rate, tags) for text in texts]


def _options(extras: Iterable[str]) -> tuple[float, frozenset[str]]:
    """(rate, tags). Other DogStatsD sections (container, timestamp) mean nothing here."""
    rate, tags = 1.0, frozenset[str]()
    for extra in extras:
        if extra.startswith("@"):
            rate = _number(extra[1:], "sample rate")
            if not 0 < rate <= 1:
                raise _Rubbish("sample rate is not above 0 and at most 1")
        elif extra.startswith("#"):
            tags = frozenset(tag for tag in extra[1:].split(",") if tag)
    return rate, tags


def _sample(type_: str, name: str, text: str, rate: float, tags: frozenset[str]) -> Metric:
    if type_ == "c":
        value = _number(text, "value") / rate
        if value < 0:
            raise _Rubbish("counter is negative: only what happened can be counted")
        return Metric("counter", name, _in_range(value), tags)
    if type_ == "g":
        return Metric("delta" if text[:1] in {"+", "-"} else "gauge", name, _in_range(_number(text, "value")), tags)
    if type_ in _TIMERS:
        _number(text, "value")
        return Metric("timer", name, _in_range(1 / rate), tags)
    raise _Rubbish(f"metric type {shown(type_, 12)} is unknown")


def _number(text: str, what: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise _Rubbish(f"{what} is not a number")
    return float(text)


def _in_range(value: float) -> float:
    if not math.isfinite(value) or abs(value) > VALUE_MAX:
        raise _Rubbish("value is beyond 2^53")
    return value


class NameRules:
    """Which counter a foreign name means. The most exact rule wins.

    A rule's pattern is a name, or a prefix that ends in `*`; `name,kind:lidar` asks for tags too. `named` leaves
    the prefixes out: `tour.*` means the counters below it, not also the timer of each tour.
    """

    def __init__(self, rules: Iterable[tuple[str, str]]) -> None:
        parsed = []
        for pattern, word in rules:
            name, *tags = pattern.split(",")
            parsed.append((name.rstrip("*"), name.endswith("*"), frozenset(tags), word))
        self._rules = sorted(parsed, key=lambda rule: (rule[1], -len(rule[2]), -len(rule[0])))

    def word(self, name: str, tags: frozenset[str], *, named: bool = False) -> str | None:
        """What the rules call it; None without a rule."""
        for stem, prefix, needed, word in self._rules:
            if prefix and named:
                continue
            if (name.startswith(stem) if prefix else name == stem) and needed <= tags:
                return word
        return None
