"""Batches as robots really send them, from a seed: what the dictionary is trained on and the formats are compared with.

A robot offers 60 counters: the registry and what three skills add. In five minutes most of them get
nothing. Gauges travel with the first window of an hour; now and then there is a fault, a start, a skill.
Training and measuring use different seeds, robots and dates.
"""

import math
import random
from collections.abc import Iterator
from typing import Any

from protocol import records
from protocol.counters import COUNTERS

WINDOW_S = 300
HOUR_S = 3600
SKILL_COUNTERS = (
    "tour.finished", "tour.cut_short", "tour.stops", "tour.questions", "quiz.played", "quiz.won", "quiz.left",
    "order.placed", "order.changed", "order.cancelled", "order.paid", "order.refused", "order.items",
)  # fmt: skip
KEYS = tuple(sorted((*COUNTERS, *SKILL_COUNTERS)))[:60]

# Mean additions per open hour, by scene: an exhibition hall, a KTV, a scenic spot, a conference.
_COMMON = {
    "foot_traffic": 90, "solicitation": 45, "wake_up": 17, "interaction": 13, "faces": 60, "touches": 20,
    "utterances": 30, "queries": 24, "plays": 50, "dialog_turn": 18, "navigation_tasks": 6, "cruise": 1.2,
    "advert": 6, "vision_not_recognised": 1.5, "touch_no_response": 0.3, "asr_not_recognised": 2, "asr_wrong": 0.4,
    "nlp_not_handled": 1.2, "navigation_aborted": 0.15, "navigation_localisation": 0.05, "tts_not_played": 0.1,
    "network_episodes": 0.1, "network_offline_s": 4, "intervention": 0.2, "readings_refused": 0.01,
}  # fmt: skip
_SCENES = (
    {"guided_tour": 3, "narration": 18, "leading": 1, "directions": 1.3, "reception": 0.4, "check_in": 0.1,
     "tour.finished": 2, "tour.stops": 16, "tour.questions": 4, "quiz.played": 1},
    {"delivery": 14, "leading": 3, "directions": 0.6, "dance": 0.3, "order.placed": 4, "order.items": 11},
    {"directions": 12, "leading": 2, "dialog_turn": 60, "dance": 0.3, "narration": 0.5, "guided_tour": 0.4},
    {"check_in": 8, "leading": 6, "reception": 3, "directions": 3, "guided_tour": 0.1, "quiz.played": 0.5},
)  # fmt: skip
_FAULTS = (
    ("network", "broker_unreachable", ""), ("network", "wifi_down", "wlan0"), ("vision", "camera_stalled", "front"),
    ("touch", "panel_not_responding", ""), ("navigation", "lidar_timeout", "front"), ("navigation", "lost", ""),
    ("navigation", "path_blocked", ""), ("asr", "microphone_silent", ""), ("nlp", "service_timeout", ""),
    ("tts", "speaker_error", ""), ("agent", "source_failed", "statsd"), ("agent", "source_failed", "openmetrics"),
)  # fmt: skip
_MODELS = ("guide-2", "tray-4", "desk-1")


def batches(seed: int, sizes: tuple[int, ...], count: int, *, events: bool = True) -> Iterator[dict[str, Any]]:
    """`count` envelopes, the batch sizes (in windows) in turn, each from a robot and a moment of its own."""
    for number in range(count):
        yield batch(random.Random(f"{seed}/{number}"), sizes[number % len(sizes)], events=events)


def batch(rng: random.Random, windows: int, *, events: bool = True) -> dict[str, Any]:
    """One envelope with that many neighbouring windows of one robot."""
    first = rng.choice((1, rng.randrange(1, 500), rng.randrange(1, 150_000)))
    boot = rng.randrange(1, 40)
    at = rng.randrange(1_760_000_000, 1_900_000_000) // WINDOW_S * WINDOW_S
    mono = rng.randrange(20, 2_000_000)
    scene = {**_COMMON, **rng.choice(_SCENES)}
    found: list[dict[str, Any]] = []
    if events and rng.random() < 0.1:
        found += _start(rng, boot, mono, at)
    for _ in range(windows):
        found.append(_window(rng, scene, boot, mono, at))
        if events and rng.random() < 0.04:
            found.append(_fault(rng, boot, mono, at, first + len(found)))
        mono += WINDOW_S
        at += WINDOW_S
    numbered = [records.numbered(first + n, record) for n, record in enumerate(found)]
    return records.envelope(
        robot=f"{rng.choice(('hall', 'ktv', 'spot', 'conf', 'robot'))}-{rng.randrange(1, 100_000):05d}",
        epoch=f"{rng.getrandbits(64):016x}",
        first=first,
        last=first + len(numbered) - 1,
        held=first,
        records=numbered,
    )


def presences(seed: int, count: int) -> Iterator[dict[str, Any]]:
    """Presence messages; they travel bare today, the dictionary knows them all the same."""
    for number in range(count):
        rng = random.Random(f"presence/{seed}/{number}")
        at = rng.randrange(1_760_000_000, 1_900_000_000)
        yield records.presence(
            robot=f"robot-{rng.randrange(1, 100_000):05d}",
            epoch=f"{rng.getrandbits(64):016x}",
            session=at,
            state=rng.choice(("online", "offline", "stopped")),
            at=at,
            backlog=rng.choice((0, 0, rng.randrange(300))),
            open_faults=rng.choice((0, 0, 1)),
            agent="0.1.0",
        )


def full_counts(envelope: dict[str, Any]) -> list[dict[str, int]]:
    """The windows' counts with the zeros written out: what a format without sparseness sends."""
    found = [r["counts"] for r in envelope["records"] if r["kind"] == "window"]
    return [{key: counts.get(key, 0) for key in KEYS} for counts in found]


def _window(rng: random.Random, scene: dict[str, float], boot: int, mono: int, at: int) -> dict[str, Any]:
    closed = rng.random() < 0.35
    counts = {key: 0 if closed else _poisson(rng, per_hour * WINDOW_S / HOUR_S) for key, per_hour in scene.items()}
    if closed:
        counts["charging_s"] = rng.choice((WINDOW_S, WINDOW_S, rng.randrange(WINDOW_S)))
    else:
        counts["operating_s"] = rng.choice((WINDOW_S, WINDOW_S, rng.randrange(WINDOW_S)))
        counts["driving_s"] = min(WINDOW_S, counts["navigation_tasks"] * rng.randrange(20, 70))
        counts["distance_m"] = counts["driving_s"] * 6 // 10
    counts["observed_s"] = WINDOW_S
    counts["agent_bytes_written"] = 1024 * rng.randrange(8, 24)
    if at % 900 == 0:
        counts["agent_bytes_sent"] = rng.randrange(500, 1500)
    gauges = None
    if at % HOUR_S == 0:
        gauges = {
            name: _spread(rng, low, high)
            for name, low, high in (
                ("cpu_percent", 3, 60), ("memory_percent", 20, 70), ("disk_percent", 20, 60),
                ("temperature_c", 35, 70), ("load", 0, 3), ("battery_percent", 20, 100),
            )
        }  # fmt: skip
    return records.window(boot=boot, mono=mono, at=at, span=WINDOW_S, counts=counts, gauges=gauges)


def _spread(rng: random.Random, low: float, high: float) -> records.GaugeSpread:
    least, mean, greatest = sorted(round(rng.uniform(low, high), 1) for _ in range(3))
    return least, mean, greatest


def _fault(rng: random.Random, boot: int, mono: int, at: int, seq: int) -> dict[str, Any]:
    family, code, ref = rng.choice(_FAULTS)
    inside = rng.randrange(WINDOW_S)
    severity: records.Severity = rng.choice(("warning", "warning", "urgent", "critical"))
    opened = None if rng.random() < 0.5 else max(1, seq - rng.randrange(1, 12))
    return records.fault(
        boot=boot, mono=mono + inside, at=at + inside, state="open" if opened is None else "close", family=family,
        code=code, ref=ref, severity=severity, opened=opened,
    )  # fmt: skip


def _start(rng: random.Random, boot: int, mono: int, at: int) -> list[dict[str, Any]]:
    return [
        records.start(
            boot=boot, mono=mono, at=at, agent="0.1.0", clean=rng.random() < 0.5, timezone="Asia/Shanghai",
            model=rng.choice(_MODELS), rom="V6.4.2", os_boot=f"{rng.getrandbits(32):08x}",
        ),
        records.supported(boot=boot, mono=mono, at=at, counters=KEYS),
    ]  # fmt: skip


def _poisson(rng: random.Random, mean: float) -> int:
    threshold, found, product = math.exp(-mean), 0, rng.random()
    while product > threshold:
        product *= rng.random()
        found += 1
    return found
