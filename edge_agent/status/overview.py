"""The running agent's status as one JSON document; docs/agent.md names its fields. Reads, changes nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from edge_agent.config import Settings, is_set
from edge_agent.counting.count_task import Counting
from edge_agent.desired.following import Following
from edge_agent.errors import AgentError
from edge_agent.outbox import Outbox
from edge_agent.status.today import Today
from edge_agent.supervise import SourceStatus
from edge_agent.uplink.uplink import Uplink
from edge_agent.version import VERSION

DAY_S = 86_400
WARM_UP_S = 60.0  # what a start costs (handshake, first commits) is not what a day costs
MEASURED_S = 900.0  # a rate over less than an upload period says nothing about a day


@dataclass(slots=True)
class Rates:
    """Bytes written and sent since the process had warmed up, as a rate a day."""

    began_s: float
    _from: tuple[float, int, int] | None = None

    def note(self, now_s: float, written: int, wire: int) -> None:
        """Call now and then; the first call after the warm-up is where measuring begins."""
        if self._from is None and now_s - self.began_s >= WARM_UP_S:
            self._from = (now_s, written, wire)

    def per_day(self, now_s: float, written: int, wire: int) -> tuple[int | None, int | None]:
        """(written, wire); None until it has been measured for MEASURED_S."""
        if self._from is None or now_s - self._from[0] < MEASURED_S:
            return None, None
        since_s, written_before, wire_before = self._from
        days = (now_s - since_s) / DAY_S
        return round((written - written_before) / days), round((wire - wire_before) / days)


@dataclass(frozen=True, slots=True)
class Parts:
    """What the status is read from."""

    settings: Settings
    outbox: Outbox
    counting: Counting
    uplink: Uplink
    sources: Sequence[SourceStatus]
    today: Today
    pid: int
    rates: Rates
    following: Following
    skills: Callable[[], dict[str, Any]] | None = None  # None: this agent runs none


def overview(parts: Parts, now_s: float) -> dict[str, Any]:
    """The document; `now_s` is monotonic."""
    figures = parts.outbox.figures()
    wire = parts.uplink.wire_bytes()
    written_per_day, wire_per_day = parts.rates.per_day(now_s, figures.bytes_written or 0, wire)
    stamp = parts.counting.now()
    parts.today.turn(stamp.at_s)
    supported, unsupported = parts.counting.sampler.supported()
    return {
        "running": True,
        "robot": parts.settings.robot,
        "agent": VERSION,
        "pid": parts.pid,
        "up_s": round(now_s - parts.rates.began_s),
        "link": _link(parts, now_s),
        "outbox": {
            "epoch": figures.epoch,
            "boot": figures.boot,
            "newest": figures.newest,
            "held": figures.held,
            "sent_through": figures.sent_through,
            "backlog": figures.backlog,
            "oldest_at": figures.oldest_at,
            "oldest": _local(parts, figures.oldest_at),
            "bytes_on_disk": figures.bytes_on_disk,
            "max_bytes": figures.max_bytes,
            "merged": figures.merged,
            "dropped": figures.dropped,
            "full": figures.full,
            "trouble": parts.counting.trouble,
            "trouble_kind": parts.counting.trouble_kind,
            "sqlite": figures.sqlite,
        },
        "clock": {"state": stamp.sync, "at": stamp.at, "detail": _local(parts, stamp.at)},
        "sources": [
            {
                "name": kept.name,
                "running": kept.running,
                "off": kept.off,
                "error": kept.error,
                "failures": kept.failures,
                "readings": kept.readings,
                "last": None if kept.last is None else {"name": kept.last[0], "value": kept.last[1]},
                "last_age_s": None if kept.last is None else _since(kept.last_s, now_s),
                "troubles": [{"code": code, "detail": detail} for code, detail in kept.troubles.items()],
                "notices": _notices(parts, kept, stamp.at_s - now_s),
            }
            for kept in parts.sources
        ],
        "refused": dict(parts.counting.sampler.refused),
        "refused_names": parts.counting.sampler.refusals.shown(),
        "faults": [
            {"family": c.family, "code": c.code, "ref": c.ref, "severity": c.severity, "detail": c.detail}
            for c in parts.counting.episodes.open_conditions()
        ],
        "desired": parts.following.status(),
        "skills": parts.skills() if parts.skills is not None else None,
        "supported": sorted(supported),
        "unsupported": sorted(unsupported),
        "today": parts.today.shown(parts.counting.sampler.snapshot(), *parts.counting.in_flight),
        "bytes": {
            "written": figures.bytes_written,
            "written_per_day": None if figures.bytes_written is None else written_per_day,
            "wire": wire,
            "wire_per_day": wire_per_day,
        },
    }


def _notices(parts: Parts, source: SourceStatus, zero_s: float) -> list[dict[str, Any]]:
    """What the source noticed. `zero_s`: the time when the monotonic clock began."""
    return [
        {
            "kind": said.kind,
            "subject": said.subject,
            "detail": said.detail,
            "since": _local(parts, round(zero_s + said.since_s)),
        }
        for said in source.notices
    ]


def _link(parts: Parts, now_s: float) -> dict[str, Any]:
    standing = parts.uplink.standing
    return {
        "connected": standing.connected,
        "broker": str(parts.settings.broker),
        "mqtt": standing.version,
        "reason": standing.reason,
        "text": standing.text,
        "cause": standing.cause,
        "slots": standing.slots,
        "certificate_ends_at": _certificate_end(parts.settings),
        "refusal": standing.refusal,
        "alarm": standing.alarm,
        "taken_over": standing.taken_over,
        "taken_over_age_s": _since(standing.taken_over_at_s, now_s),
        "connected_for_s": _since(standing.connected_at_s, now_s) if standing.connected else None,
        "brief": standing.brief,
        "sentence": standing.sentence,
        "desired_said": standing.desired_said,
        "desired_refused": standing.desired_refused,
        "desired_denied": standing.desired_denied,
        "stuck": standing.stuck,
        "lost_tries": standing.lost_tries,
        "too_large": standing.documents.too_large(),
        "stuck_retry_in_s": _until(standing.stuck_retry_at_s, now_s),
        "collector_ahead_s": _ahead(standing.collector_zero_s, now_s, parts.counting.now().at_s),
        "ack_age_s": _since(standing.ack_at_s, now_s),
        "owed_s": _since(standing.owed_since_s, now_s),
        "retry_in_s": None if standing.connected else _until(standing.retry_at_s, now_s),
        "next_upload_in_s": _until(standing.next_upload_at_s, now_s) if standing.connected else None,
        "connects": standing.connects,
        "failures": standing.failures,
        "batches": standing.batches,
        "payload_bytes": standing.payload_bytes,
    }


def _certificate_end(settings: Settings) -> int | None:
    """Until when this robot's own certificate holds; None: it has none, or none that can be read."""
    if not is_set(settings.tls_cert_file):
        return None
    from edge_agent.uplink.certificate import validity  # noqa: PLC0415  only a robot that has one needs it

    try:
        holds = validity(settings)
    except AgentError:
        return None
    return None if holds is None else int(holds.ends_s)


def _ahead(collector_zero_s: float | None, now_s: float, at_s: float) -> float | None:
    """How far the collector's clock is ahead of the time that this robot writes; None: it has not said its time."""
    return None if collector_zero_s is None else round(collector_zero_s + now_s - at_s, 1)


def _since(moment_s: float | None, now_s: float) -> float | None:
    return None if moment_s is None else round(now_s - moment_s, 1)


def _until(moment_s: float | None, now_s: float) -> float | None:
    return None if moment_s is None else round(max(0.0, moment_s - now_s), 1)


def _local(parts: Parts, at_s: int | None) -> str:
    return "" if at_s is None else datetime.fromtimestamp(at_s, parts.today.zone).isoformat(timespec="seconds")
