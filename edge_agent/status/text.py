"""The status as lines for a terminal: what `--json` shows comes in, text goes out in the language that is asked for."""

from collections.abc import Iterator, Mapping
from typing import Any

from edge_agent.status import faults, notices, said, skills, why
from edge_agent.status.catalogue import gettext, ngettext, pgettext

MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86_400
KILO = 1000
CERTIFICATE_WARN_S = 60 * DAY_S  # a new one may have to be carried to the robot
_HEAD = 11  # columns of the first word of a line


def lines(status: Mapping[str, Any], language: str) -> Iterator[str]:
    """One fact per line, the most important first."""
    agent = gettext(language, "agent {version}", version=status["agent"])
    yield _line("robot", f"{status['robot']}   {agent}   {_running(status, language)}")
    yield _line("link", _link(status.get("link"), language))
    yield from (_line("", each) for each in hampered(status.get("link") or {}, language))
    if (link := status.get("link")) and link.get("alarm"):
        yield _line("", alarmed(link["alarm"], language))
    if (link := status.get("link")) and (ending := certificate_ends(link, status.get("clock"), language)):
        yield _line("", ": ".join(ending))
    yield _line("outbox", _outbox(status["outbox"], language))
    if status["outbox"].get("trouble"):
        yield _line("", ": ".join(why.not_stored(status["outbox"], language)))
    if clock := status.get("clock"):
        yield _line("clock", f"{clock_state(clock['state'], language)}   {clock.get('detail', '')}".rstrip())
    yield from _sources(status, language)
    yield from _counted(status, language)
    if traffic := status.get("bytes"):
        written, wire = (_bytes(traffic, way, status["up_s"], language) for way in ("written", "wire"))
        text = gettext(language, "written to disk {written}, on the wire {wire}", written=written, wire=wire)
        yield _line("bytes", text)
    if desired := status.get("desired"):
        yield from _desired(desired, language)
    if hosted := status.get("skills"):
        yield from _skills(hosted, language)


def _sources(status: Mapping[str, Any], language: str) -> Iterator[str]:
    """What the sources say, of themselves and of the robot."""
    for source in status.get("sources", ()):
        yield _line("source", f"{source['name']:12} {_source(source, language)}")
        for notice in source.get("notices", ()):
            yield _line("", f"{'':12} {notices.sentence(notice, language)}")
    for fault in status.get("faults", ()):
        where = f" {fault['ref']}" if fault["ref"] else ""
        yield _line("fault", f"{fault['family']}.{fault['code']}{where}   {said.severity(fault['severity'], language)}")
        if fault.get("detail"):
            yield _line("", said.refusal(fault["detail"], language))
        yield _line("", f"-> {faults.remedy(fault, language)}")


def _counted(status: Mapping[str, Any], language: str) -> Iterator[str]:
    for row in status.get("refused_names", ()):
        times = ngettext(language, "once", "{n} times", row["times"])
        yield _line("refused", f"{row['source']} {row['name']}   {said.refusal(row['reason'], language)}   ({times})")
    if today := status.get("today"):
        yield _line("today", gettext(language, "since {time}", time=today["since"]))
        for counter, amount in sorted(today["counts"].items()):
            yield _line("", f"{counter:40} {amount}")


def _desired(desired: Mapping[str, Any], language: str) -> Iterator[str]:
    revision = gettext(language, "revision {n}", n=desired["revision"])
    if desired["trial_s"] is not None:
        tried = gettext(language, "on trial, no answer yet for {time}", time=duration(desired["trial_s"], language))
        revision = f"{revision}   {tried}"
    yield _line("desired", revision)
    for setting in desired["settings"]:
        text = gettext(language, "applied")
        if setting["state"] == "refused":
            text = gettext(language, "refused: {why}", why=said.of_setting(setting["reason"], language))
        yield _line("", f"{setting['setting']:40} {text}")


def _skills(hosted: Mapping[str, Any], language: str) -> Iterator[str]:
    for line in skills.general(hosted, language):
        yield _line("skills", line)
    for skill in hosted["skills"]:
        yield _line("skill", f"{skill['skill']:28} {skills.four_facts(skill, language)}")
        if why_not := skills.why_not(skill, language):
            yield _line("", f"-> {why_not}")


def _line(word: str, text: str) -> str:
    """The first word is the key of `--json`, the same in every language, so that a script finds it."""
    return f"{word:{_HEAD}}{text}"


def duration(seconds: float | None, language: str) -> str:
    """`40 s`, `12 min`, `3.5 h`, `2.1 d`; `never` for None."""
    if seconds is None:
        return gettext(language, "never")
    if seconds < 2 * MINUTE_S:
        return gettext(language, "{n} s", n=round(seconds))
    if seconds < 2 * HOUR_S:
        return gettext(language, "{n} min", n=round(seconds / MINUTE_S))
    if seconds < 2 * DAY_S:
        return gettext(language, "{n} h", n=round(seconds / HOUR_S, 1))
    return gettext(language, "{n} d", n=round(seconds / DAY_S, 1))


def size(number: float) -> str:
    """`812 B`, `14.2 kB`, `3.1 MB`, `11.2 GB`."""
    if number < KILO:
        return f"{number:.0f} B"
    power, unit = next(((n, unit) for n, unit in ((1, "kB"), (2, "MB")) if number < KILO ** (n + 1)), (3, "GB"))
    return f"{number / KILO**power:.1f} {unit}"


def clock_state(state: str, language: str) -> str:
    """Whether the robot's time is known, and from whom."""
    if state == "synced":
        return pgettext(language, "clock", "synchronised")
    if state == "restamped":
        return pgettext(language, "clock", "known from the collector")
    return pgettext(language, "clock", "not known")


def _running(status: Mapping[str, Any], language: str) -> str:
    if status["running"]:
        return gettext(language, "running for {time}", time=duration(status["up_s"], language))
    return gettext(language, "NOT RUNNING (this is read from its file)")


def _source(source: Mapping[str, Any], language: str) -> str:
    if source.get("off"):
        return gettext(language, "off: the desired settings switch it off")
    read, failures = source["readings"], source["failures"]
    error = failure(source, language)
    if source["running"] and not error:
        return gettext(language, "ok   {readings} readings, {failures} failures", readings=read, failures=failures)
    return gettext(
        language, "FAILED: {error}   {readings} readings, {failures} failures",
        error=error, readings=read, failures=failures,
    )  # fmt: skip


def failure(source: Mapping[str, Any], language: str) -> str:
    """Why this source does not count as it should: its own failure, or what it says of its far side."""
    told = (faults.trouble(each["code"], each["detail"], language) for each in source.get("troubles", ()))
    return source["error"] or "; ".join(told)


def next_try(link: Mapping[str, Any], language: str) -> str:
    """When a record that the broker does not let pass is tried again."""
    if (wait_s := link.get("stuck_retry_in_s")) is None:
        return gettext(language, "it is being tried again")
    time = duration(wait_s, language)
    return gettext(language, "tried again in {time}, and at once when the broker is connected to anew", time=time)


def _link(link: Mapping[str, Any] | None, language: str) -> str:
    if link is None:
        return gettext(language, "unknown while the agent does not run")
    if link["refusal"]:
        return gettext(
            language, "connected to {broker}, but the collector refuses this robot: {why}",
            broker=link["broker"], why=said.collectors_refusal(link["refusal"], language),
        )  # fmt: skip
    if link["connected"] and link.get("stuck"):
        stuck = gettext(
            language, "connected to {broker}, which does not let {record} pass: raise its limit of message size",
            broker=link["broker"], record=said.record(link["stuck"], language),
        )  # fmt: skip
        return f"{stuck}; {next_try(link, language)}"
    if link["connected"]:
        answered = gettext(language, "the collector has not answered yet")
        if link["ack_age_s"] is not None:
            time = duration(link["ack_age_s"], language)
            answered = gettext(language, "last answer of the collector {time} ago", time=time)
        connected = gettext(language, "connected to {broker} (MQTT {mqtt})", broker=link["broker"], mqtt=link["mqtt"])
        return f"{connected}   {answered}"
    slots = {"broker": link["broker"], "why": why.sentence(link, language)}
    if link["retry_in_s"] is None:
        return gettext(language, "NOT CONNECTED to {broker}: {why}", **slots)
    time = duration(link["retry_in_s"], language)
    return gettext(language, "NOT CONNECTED to {broker}: {why}; next attempt in {time}", time=time, **slots)


def silent(link: Mapping[str, Any], language: str) -> tuple[str, str] | None:
    """(that the collector does not answer although the link stands, what can be done about it)."""
    if not (owed_s := said.overdue_s(link)):
        return None
    text = gettext(language, "the collector has not answered for {time}", time=duration(owed_s, language))
    return text, gettext(language, "is the collector running?")


def hampered(link: Mapping[str, Any], language: str) -> list[str]:
    """What does not pass although the link stands, for status and page."""
    remedy = gettext(language, "raise the broker's limit of message size")
    found = [(each, remedy) for each in said.too_large(link, language)]
    if not_answered := silent(link, language):
        found.insert(0, not_answered)
    lost = [text] if (text := said.lost_tries(link, language)) else []
    return [*lost, *(gettext(language, "{what}: {remedy}", what=what, remedy=then) for what, then in found)]


def alarmed(alarm: str, language: str) -> str:
    """That people at the collector should look at this robot, and why."""
    return gettext(language, "the collector has an alarm for this robot: {what}", what=alarm)


def certificate_ends(link: Mapping[str, Any], now: Mapping[str, Any] | None, language: str) -> tuple[str, str] | None:
    """(what, remedy) from CERTIFICATE_WARN_S before this robot's own certificate ends, where the time is known."""
    ends_at, at = link.get("certificate_ends_at"), (now or {}).get("at")
    if ends_at is None or at is None or (now or {}).get("state") == "unsynced" or ends_at - at > CERTIFICATE_WARN_S:
        return None
    what = gettext(language, "this robot's own certificate has ended")
    if ends_at > at:
        time = duration(ends_at - at, language)
        what = gettext(language, "this robot's own certificate ends in {time}", time=time)
    return what, gettext(language, "have the fleet's authority make a new one: docs/brokers.md")


def _outbox(outbox: Mapping[str, Any], language: str) -> str:
    waiting = ngettext(language, "{n} record waits", "{n} records wait", outbox["backlog"])
    if outbox["backlog"] and outbox.get("oldest"):
        waiting = ngettext(
            language, "{n} record waits, since {oldest}", "{n} records wait, oldest {oldest}",
            outbox["backlog"], oldest=outbox["oldest"],
        )  # fmt: skip
    kept = gettext(language, "{size} of {limit}", size=size(outbox["bytes_on_disk"]), limit=size(outbox["max_bytes"]))
    full = "   " + gettext(language, "FULL") if outbox.get("full") else ""
    return f"{waiting}   {kept}{full}"


def _bytes(traffic: Mapping[str, Any], way: str, up_s: float, language: str) -> str:
    """A day's worth once that is known, until then what there was since the start."""
    if traffic[f"{way}_per_day"] is not None:
        return gettext(language, "{size} a day", size=size(traffic[f"{way}_per_day"]))
    if traffic[way] is None:
        return gettext(language, "unknown")
    return gettext(language, "{size} in {time}", size=size(traffic[way]), time=duration(up_s, language))
