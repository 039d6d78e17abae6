"""What a supplier may get of a robot: by a list of what goes in. Whatever is not on the list stays out. Pure.

No address, no free text, no name that a person chose but the robot's own: codes, numbers, hashes and times.
"""

from collections.abc import Mapping, Sequence
from typing import Any

FORMAT = 1
_TOP = ("running", "robot", "agent", "up_s")
_LINK = (
    "connected", "mqtt", "reason", "cause", "ack_age_s", "owed_s", "retry_in_s", "next_upload_in_s", "connects",
    "failures", "batches", "payload_bytes", "certificate_ends_at", "collector_ahead_s", "taken_over",
    "taken_over_age_s", "connected_for_s", "brief",
)  # fmt: skip
_OUTBOX = (
    "epoch", "boot", "newest", "held", "sent_through", "backlog", "oldest_at", "bytes_on_disk", "max_bytes", "merged",
    "dropped", "full", "trouble_kind", "sqlite", "clean",
)  # fmt: skip
_SOURCE = ("name", "running", "off", "failures", "readings")
_FAULT = ("family", "code", "severity")
_SKILL = (
    "skill", "release", "version", "desired", "downloaded", "verified", "installed", "active", "code", "quarantined",
    "crashes",
)  # fmt: skip
_SETTINGS = (
    "sample_s", "window_s", "checkpoint_s", "upload_s", "batch_records", "outbox_max_mb", "keepalive_s", "mqtt_version",
    "timezone", "model", "rom", "skills", "skills_core", "log_level",
)  # fmt: skip
_FINDING = ("grade", "subject")


def bundle(status: Mapping[str, Any] | None, settings: Any, findings: Sequence[Any], made_at: str) -> dict[str, Any]:
    """`findings`: those of doctor. The document that is handed out."""
    status = status or {}
    hosted, desired = status.get("skills") or {}, status.get("desired") or {}
    return {
        "format": FORMAT,
        "made_at": made_at,
        **_only(status, _TOP),
        "link": _only(status.get("link") or {}, _LINK),
        "outbox": _only(status.get("outbox") or {}, _OUTBOX),
        "clock": _only(status.get("clock") or {}, ("state", "at")),
        "sources": [
            _only(one, _SOURCE) | {"troubles": [str(each["code"]) for each in one.get("troubles", ())]}
            for one in status.get("sources", ())
        ],
        "faults": [_only(one, _FAULT) for one in status.get("faults", ())],
        "refused": dict(status.get("refused") or {}),
        "today": (status.get("today") or {}).get("counts", {}),
        "bytes": _only(status.get("bytes") or {}, ("written", "written_per_day", "wire", "wire_per_day")),
        "skills": [_only(one, _SKILL) for one in hosted.get("skills", ())],
        "desired": {
            "revision": desired.get("revision"),
            "settings": [_only(one, ("setting", "state")) for one in desired.get("settings", ())],
        },
        "settings": {name: getattr(settings, name) for name in _SETTINGS} | {"sources": list(settings.sources)},
        "doctor": [{name: getattr(one, name) for name in _FINDING} for one in findings],
    }


def _only(found: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: found[name] for name in names if name in found}
