"""The status as lines for a terminal. Pure: what `--json` shows comes in, text goes out."""

from collections.abc import Iterator, Mapping
from typing import Any

MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86_400
KILO = 1000


def lines(status: Mapping[str, Any]) -> Iterator[str]:
    """One fact per line, the most important first."""
    yield f"robot      {status['robot']}   agent {status['agent']}   {_running(status)}"
    yield f"link       {_link(status.get('link'))}"
    yield f"outbox     {_outbox(status['outbox'])}"
    if clock := status.get("clock"):
        yield f"clock      {clock['state']}   {clock.get('detail', '')}".rstrip()
    for source in status.get("sources", ()):
        state = "ok" if source["running"] and not source["error"] else f"FAILED: {source['error']}"
        yield f"source     {source['name']:12} {state}   {source['readings']} readings, {source['failures']} failures"
    for fault in status.get("faults", ()):
        where = f" {fault['ref']}" if fault["ref"] else ""
        yield f"fault      {fault['family']}.{fault['code']}{where}   {fault['severity']}"
    if today := status.get("today"):
        yield f"today      since {today['since']}"
        for counter, amount in sorted(today["counts"].items()):
            yield f"           {counter:40} {amount}"
    if traffic := status.get("bytes"):
        written, wire = (_bytes(traffic, way, status["up_s"]) for way in ("written", "wire"))
        yield f"bytes      written to disk {written}, on the wire {wire}"
    for skill in status.get("desired", ()):
        yield f"skill      {skill['skill']} {skill['desired']}: {skill['reason']}"


def duration(seconds: float | None) -> str:
    """`40 s`, `12 min`, `3.5 h`, `2.1 d`; `never` for None."""
    if seconds is None:
        return "never"
    if seconds < 2 * MINUTE_S:
        return f"{seconds:.0f} s"
    if seconds < 2 * HOUR_S:
        return f"{seconds / MINUTE_S:.0f} min"
    return f"{seconds / HOUR_S:.1f} h" if seconds < 2 * DAY_S else f"{seconds / DAY_S:.1f} d"


def size(number: float) -> str:
    """`812 B`, `14.2 kB`, `3.1 MB`."""
    if number < KILO:
        return f"{number:.0f} B"
    return f"{number / KILO:.1f} kB" if number < KILO**2 else f"{number / KILO**2:.1f} MB"


def _running(status: Mapping[str, Any]) -> str:
    return (
        f"running for {duration(status['up_s'])}" if status["running"] else "NOT RUNNING (this is read from its file)"
    )


def _link(link: Mapping[str, Any] | None) -> str:
    if link is None:
        return "unknown while the agent does not run"
    if link["refusal"]:
        return f"connected to {link['broker']}, but the collector refuses this robot: {link['refusal']}"
    if link["connected"]:
        ack = f"last answer of the collector {duration(link['ack_age_s'])} ago" if link["ack_age_s"] is not None else ""
        return f"connected to {link['broker']} (MQTT {link['mqtt']})   {ack or 'the collector has not answered yet'}"
    again = f"; next attempt in {duration(link['retry_in_s'])}" if link["retry_in_s"] is not None else ""
    return f"NOT CONNECTED to {link['broker']}: {link['text'] or link['reason']}{again}"


def _outbox(outbox: Mapping[str, Any]) -> str:
    oldest = f", oldest {outbox['oldest']}" if outbox["backlog"] and outbox.get("oldest") else ""
    full = "   FULL" if outbox.get("full") else ""
    kept = f"{size(outbox['bytes_on_disk'])} of {size(outbox['max_bytes'])}"
    return f"{outbox['backlog']} records wait{oldest}   {kept}{full}"


def _bytes(traffic: Mapping[str, Any], way: str, up_s: float) -> str:
    """A day's worth once that is known, until then what there was since the start."""
    if traffic[f"{way}_per_day"] is not None:
        return f"{size(traffic[f'{way}_per_day'])} a day"
    return "unknown" if traffic[way] is None else f"{size(traffic[way])} in {duration(up_s)}"
