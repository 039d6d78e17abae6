"""The status page as HTML. Pure: the status document and a language in, text out.

One column for a phone: first whether one may leave, then four lines to read out, then everything that opens. No script.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from edge_agent.status import faults, notices, page_parts, said, self_test, skills, verdict, why
from edge_agent.status.catalogue import gettext, name_of, ngettext, pgettext
from edge_agent.status.finding import Finding
from edge_agent.status.page_parts import fold, line, lines, pairs, whole
from edge_agent.status.self_test import SelfTest
from edge_agent.status.text import alarmed, certificate_ends, clock_state, failure, hampered
from edge_agent.status.text import duration as _duration
from edge_agent.status.text import size as _size
from protocol.counters import COUNTERS


@dataclass(frozen=True, slots=True)
class PageOf:
    """What the page shows. `status` None: there is nothing to read, and `why_not` says why if that is known.

    `made_at`: the robot's own time. `free_bytes`, `memory_bytes`: of the disk, of the agent; None: not known.
    `findings`: doctor's lines; None: they were not asked for. `has_pin`: acts may be asked for. `done`: what was.
    """

    status: Mapping[str, Any] | None
    made_at: str = ""
    why_not: str = ""
    free_bytes: int | None = None
    memory_bytes: int | None = None
    findings: Sequence[Finding] | None = ()
    tested: SelfTest | None = None
    has_pin: bool = False
    done: str = ""
    refreshed: bool = False


def render(page: PageOf, language: str) -> str:
    """The whole document."""
    title = gettext(language, "Robot status")
    if page.status is None:
        absent = gettext(
            language, "No agent runs here and there is no outbox to read. Start it, or name its state folder."
        )
        body = [
            page_parts.heading(title, language),
            _panel(lines([line("fail", page.why_not or absent, (), language)])),
        ]
        return page_parts.document(title, body, language)
    title = f"{page.status['robot']} · {title}"
    return page_parts.document(title, _body(page, page.status, language), language)


def _body(page: PageOf, status: Mapping[str, Any], language: str) -> Iterator[str]:
    yield page_parts.heading(status["robot"], language)
    made = gettext(language, "page of {time}, made on the robot", time=page.made_at)
    version = gettext(language, "agent {version}", version=status["agent"])
    yield f'<p class="dim s">{whole(version)} · {whole(made)}</p>'
    if page.done:
        yield f'<p class="panel in" role="status">{whole(_done(page.done, language))}</p>'
    yield _verdict(status, language)
    yield _panel(lines(list(_four_lines(page, status, language))))
    yield page_parts.button(gettext(language, "Self-test (half a minute)"), "/act?do=self_test", "play", main=True)
    if page.tested is not None:
        yield _tested(page.tested, language)
    yield _faults(status, language)
    yield _today(status, language)
    yield _refused(status, language)
    yield _sources(status, language)
    yield _skills(status.get("skills"), language)
    yield _cost(status, page, language)
    yield _doctor(page, language)
    yield _acts(page, status, language)
    bundle = gettext(language, "Diagnostics for the supplier")
    yield page_parts.button(bundle, "/diagnostics.json", "download")
    note = gettext(
        language, "Reading needs no PIN. The diagnostics hold only what is on their list: no passwords, no addresses."
    )
    yield f'<p class="s dim">{whole(note)}</p>'
    again = gettext(language, "Stop refreshing") if page.refreshed else gettext(language, "Refresh every 10 seconds")
    yield page_parts.button(again, "/" if page.refreshed else "/?watch=1", "again")


def _panel(inner: str) -> str:
    return f'<section class="panel"><div class="in">{inner}</div></section>'


def _done(done: str, language: str) -> str:
    return {
        "upload": gettext(language, "The robot uploads now; the first line shows when the collector has answered."),
        "restart": gettext(language, "The skill is started anew; its line shows when it is active."),
        "self_test": gettext(language, "The self-test is over; its result stands below."),
        "not_connected": gettext(language, "Not connected: nothing can be uploaded now. It is kept, and sent later."),
        "no_skill": gettext(language, "There is no such skill on this robot."),
    }.get(done, "")


def _verdict(status: Mapping[str, Any], language: str) -> str:
    found = verdict.of(status, language)
    picture = {"go": "ok", "wait": "warn", "stop": "off" if found.cut_off else "fail"}[found.look]
    label = gettext(language, "In short")
    return (
        f'<section class="verdict {found.look}" aria-label="{escape(label)}">{page_parts.icon(picture)}'
        f'<div><b>{whole(found.title)}</b><p class="s">{whole(found.more)}</p></div></section>'
    )


def _four_lines(page: PageOf, status: Mapping[str, Any], language: str) -> Iterator[str]:
    if not status["running"]:
        yield line("fail", gettext(language, "The agent is not running"), (), language)
    if link := status.get("link"):
        well = link["connected"] and link["ack_age_s"] is not None and not link["refusal"] and not link.get("stuck")
        well = well and not said.overdue_s(link)
        grade = "fail" if not well else "warn" if hampered(link, language) else "ok"
        yield line(grade, _link(link, language), _link_notes(link, status, language), language)
    outbox = status["outbox"]
    grade = "fail" if outbox.get("trouble") else "warn" if outbox.get("full") or outbox.get("dropped") else "ok"
    waiting = ngettext(
        language,
        "{n} record waits to be delivered; {size} kept on the disk",
        "{n} records wait to be delivered; {size} kept on the disk",
        outbox["backlog"], size=size(outbox["bytes_on_disk"]),
    )  # fmt: skip
    yield line(grade, waiting, _outbox_notes(outbox, status, language), language)
    if clock := status.get("clock"):
        at, state = page_parts.moment(clock["detail"]), clock_state(clock["state"], language)
        text = gettext(language, "Clock: {state}; {detail}", state=state, detail=at)
        note = gettext(language, "Counts are placed by running time until the collector has told the time.")
        grade = "warn" if clock["state"] == "unsynced" else "ok"
        yield line(grade, text, (note,) if grade == "warn" else (), language)
    if page.free_bytes is not None:
        wanted = outbox["max_bytes"]
        text = gettext(
            language, "Disk: {free} free, the outbox takes up to {limit}",
            free=size(page.free_bytes), limit=size(wanted),
        )  # fmt: skip
        yield line("ok" if page.free_bytes >= wanted else "warn", text, _memory(page, language), language)


def _memory(page: PageOf, language: str) -> tuple[str, ...]:
    if page.memory_bytes is None:
        return ()
    return (gettext(language, "the agent takes {size} of memory", size=size(page.memory_bytes)),)


def _link(link: Mapping[str, Any], language: str) -> str:
    if not link["connected"]:
        what, _ = why.said(link, language)
        return gettext(language, "Connection: not connected: {why}", why=what)
    if link["refusal"]:
        return gettext(
            language,
            "Connection: the collector refuses this robot: {why}",
            why=said.collectors_refusal(link["refusal"], language),
        )
    if link.get("stuck"):
        return gettext(
            language,
            "Connection: connected, but the broker does not let {record} pass: raise its limit of message size",
            record=said.record(link["stuck"], language),
        )  # fmt: skip
    if link["ack_age_s"] is None:
        return gettext(
            language, "Connection: connected, {broker}; the collector has not answered yet", broker=link["broker"]
        )
    return gettext(
        language, "Connection: connected, {broker}; last answer of the collector {time} ago",
        broker=link["broker"], time=duration(link["ack_age_s"], language),
    )  # fmt: skip


def _link_notes(link: Mapping[str, Any], status: Mapping[str, Any], language: str) -> Iterator[str]:
    if not link["connected"]:
        yield why.said(link, language)[1]
        if link["ack_age_s"] is not None:
            time = duration(link["ack_age_s"], language)
            yield gettext(language, "last answer of the collector {time} ago", time=time)
        if link.get("retry_in_s") is not None:
            yield gettext(language, "next attempt in {time}", time=duration(link["retry_in_s"], language))
    yield from hampered(link, language)
    if link.get("alarm"):
        yield alarmed(link["alarm"], language)
    if ending := certificate_ends(link, status.get("clock"), language):
        yield ": ".join(ending)


def _outbox_notes(outbox: Mapping[str, Any], status: Mapping[str, Any], language: str) -> Iterator[str]:
    if outbox.get("trouble"):
        yield ": ".join(why.not_stored(outbox, language))
    if outbox["backlog"] and outbox.get("oldest"):
        at = (status.get("clock") or {}).get("at")
        age = duration(max(0, at - outbox["oldest_at"]), language) if at and outbox.get("oldest_at") else ""
        oldest = page_parts.moment(outbox["oldest"])
        yield gettext(language, "oldest {oldest}, {time} ago", oldest=oldest, time=age) if age else oldest
    if "merged" in outbox:
        yield gettext(language, "merged {merged} · lost {lost}", merged=outbox["merged"], lost=outbox["dropped"])


def _tested(tested: SelfTest, language: str) -> str:
    rows = [
        line(
            "ok" if tested.passed[step] == "yes" else "warn" if tested.passed[step] == "none" else "fail",
            f"{number} · {self_test.question(step, language)}",
            (gettext(language, "this robot has none"),) if tested.passed[step] == "none" else (),
            language,
        )
        for number, step in enumerate(self_test.STEPS, 1)
    ]
    title = gettext(language, "Self-test of {time}", time=tested.at)
    said_aloud = self_test.sentence(tested, language)
    return fold(title, "", f"<p><b>{whole(said_aloud)}</b></p>{lines(rows, numbered=True)}", opened=True)


def _faults(status: Mapping[str, Any], language: str) -> str:
    found = status["faults"]
    rows = []
    for fault in found:
        detail = said.refusal(" ".join(fault.get("detail", "").split()), language)
        severity = said.severity(fault["severity"], language)
        notes = (detail, f"→ {faults.remedy(fault, language)}")
        grade = "warn" if fault["severity"] == "warning" else "fail"
        rows.append(line(grade, f"{faults.name(fault, language)} · {severity}", notes, language))
    inner = lines(rows) if rows else page_parts.nothing(language)
    return fold(gettext(language, "Open faults"), str(len(found)), inner, opened=bool(found))


def _today(status: Mapping[str, Any], language: str) -> str:
    today = status.get("today")
    if not today:
        return ""
    counts: Mapping[str, int] = today["counts"]
    zeros = [key for key in status.get("supported", ()) if key not in counts and _is_shown(key)]
    cannot = [key for key in status.get("unsupported", ()) if key not in counts and _is_shown(key)]
    zero = '<span class="zero">0</span>'
    unable = gettext(language, "cannot count")
    unable = f'<span class="unsup">{whole(unable)}</span>'
    order = {key: at for at, key in enumerate(COUNTERS)}
    rows = [(key, whole(_amount(key, amount, language))) for key, amount in counts.items() if _is_shown(key)]
    rows += [(key, zero) for key in zeros] + [(key, unable) for key in cannot]
    rows.sort(key=lambda row: order.get(row[0], len(order)))
    inner = pairs([(_counter(key, language), value) for key, value in rows]) if rows else page_parts.nothing(language)
    since = gettext(language, "since {time}", time=page_parts.moment(today["since"]))
    return fold(gettext(language, "Counted today"), since, inner, opened=True)


def _is_shown(key: str) -> bool:
    return key not in COUNTERS or COUNTERS[key].group != "agent"


def _amount(key: str, amount: int, language: str) -> str:
    unit = COUNTERS[key].unit if key in COUNTERS else "count"
    if unit == "s":
        return duration(amount, language)
    return f"{amount:,}{page_parts.NO_BREAK}m" if unit == "m" else f"{amount:,}"


def _refused(status: Mapping[str, Any], language: str) -> str:
    rows = status.get("refused_names")
    if not rows:
        return ""
    shown = [
        line(
            "warn", f"{row['source']} {row['name']}",
            (said.refusal(row["reason"], language), ngettext(language, "once", "{n} times", row["times"])), language,
        )
        for row in rows
    ]  # fmt: skip
    return fold(gettext(language, "Refused readings"), str(len(rows)), lines(shown), opened=True)


def _sources(status: Mapping[str, Any], language: str) -> str:
    """Each source, its last value, and what it noticed."""
    found = status.get("sources", ())
    if not found:
        return ""
    rows, wrong = [], 0
    for source in found:
        error = failure(source, language)
        notes = [notices.sentence(notice, language) for notice in source.get("notices", ())]
        wrong += bool(error)
        grade = "fail" if error else "warn" if notes else "ok"
        if source.get("off"):
            notes = [gettext(language, "the desired settings switch it off")]
        rows.append(line(grade, source["name"], (error, _last(source, language), *notes), language))
    fact = ngettext(language, "{n} does not count", "{n} do not count", wrong) if wrong else str(len(found))
    return fold(gettext(language, "Sources"), fact, lines(rows), opened=bool(wrong))


def _last(source: Mapping[str, Any], language: str) -> str:
    """Its last value, and how old it is."""
    last = source.get("last")
    if last is None:
        return "" if source.get("off") else gettext(language, "no value yet")
    value, time = f"{last['value']:,.6g}", duration(source["last_age_s"], language)
    return gettext(language, "{time} ago: {what} {value}", time=time, what=last["name"], value=value)


def _skills(hosted: Mapping[str, Any] | None, language: str) -> str:
    """Each skill: whether it runs as it should, its four facts, and why not."""
    if hosted is None:
        return ""
    rows = [line("fail", text, (), language) for text in skills.general(hosted, language)]
    for skill in hosted["skills"]:
        told = (skills.four_facts(skill, language), skills.why_not(skill, language))
        more = "".join(f"<small>{whole(text)}</small>" for text in told if text)
        grade = "fail" if skill["quarantined"] else "ok" if skill["active"] else "warn"
        bars = "".join(f'<i class="{step}"></i>' for step in skills.steps(skill))
        rows.append(
            f'<li class="{grade}">{page_parts.icon(grade, page_parts.grade_name(grade, language))}'
            f'<b>{whole(skill["skill"])} <span class="four" aria-hidden="true">{bars}</span> '
            f"{whole(skills.grade(skill, language))}</b>{more}</li>"
        )
    active = sum(bool(skill["active"]) for skill in hosted["skills"])
    fact = gettext(language, "{n} of {all} active", n=active, all=len(hosted["skills"]))
    inner = lines(rows) if rows else page_parts.nothing(language)
    return fold(gettext(language, "Skills"), fact, inner, opened=active < len(hosted["skills"]))


def _cost(status: Mapping[str, Any], page: PageOf, language: str) -> str:
    """What the agent takes of the robot."""
    traffic = status.get("bytes")
    if not traffic:
        return ""
    unknown = gettext(language, "unknown")

    def a_day(way: str) -> str:
        if traffic[f"{way}_per_day"] is not None:
            return whole(gettext(language, "{size} a day", size=size(traffic[f"{way}_per_day"])))
        if traffic[way] is None:
            return whole(unknown)
        time = duration(status["up_s"], language)
        return whole(gettext(language, "{size} in {time}", size=size(traffic[way]), time=time))

    rows = [(gettext(language, "Written to flash"), a_day("written")), (gettext(language, "Sent"), a_day("wire"))]
    if page.memory_bytes is not None:
        rows.append((gettext(language, "Memory of the agent"), whole(size(page.memory_bytes))))
    if status["up_s"] is not None:
        rows.append((gettext(language, "Running for"), whole(duration(status["up_s"], language))))
    return fold(gettext(language, "What the agent costs this robot"), "", pairs(rows))


def _doctor(page: PageOf, language: str) -> str:
    title, fact = gettext(language, "Doctor, word for word"), gettext(language, "to read aloud")
    if page.findings is None:
        note = gettext(language, "While no agent runs, doctor tries the broker itself. It takes some seconds.")
        ask = page_parts.button(gettext(language, "Have it look"), "/?doctor=1", "play")
        return fold(title, fact, f'<div class="stack"><p class="s">{whole(note)}</p>{ask}</div>')
    rows = [
        line(one.grade, f"{number} · {one.subject}: {one.text}", (f"→ {one.remedy}" if one.remedy else "",), language)
        for number, one in enumerate(page.findings, 1)
    ]
    return fold(title, fact, lines(rows, numbered=True))


def _acts(page: PageOf, status: Mapping[str, Any], language: str) -> str:
    title, fact = gettext(language, "Actions"), gettext(language, "each asks for the PIN")
    if not page.has_pin:
        note = gettext(language, "No PIN is set on this robot: “edge-agent pin” sets it. Until then nothing acts.")
        return fold(title, fact, f'<p class="s">{whole(note)}</p>')
    found = [page_parts.button(gettext(language, "Upload now"), "/act?do=upload", "lock")]
    for skill in (status.get("skills") or {}).get("skills", ()):
        text = gettext(language, "Restart {skill}", skill=skill["skill"])
        found.append(page_parts.button(text, _address("restart", skill["skill"]), "lock"))
    return fold(title, fact, f'<div class="stack">{"".join(found)}</div>')


def duration(seconds: float | None, language: str) -> str:
    return _duration(seconds, language).replace(" ", page_parts.NO_BREAK)


def size(number: float) -> str:
    return _size(number).replace(" ", page_parts.NO_BREAK)


def _counter(key: str, language: str) -> str:
    counter = COUNTERS.get(key)
    return key if counter is None else name_of(counter, language)


def pin_form(do: str, skill: str, language: str, *, error: str = "", has_pin: bool = True) -> str:
    """The page that asks for the PIN before an act."""
    title = act_title(do, skill, language)
    back = page_parts.button(gettext(language, "Back"), "/", "again")
    if not has_pin:
        note = gettext(language, "No PIN is set on this robot: “edge-agent pin” sets it. Until then nothing acts.")
        body = [page_parts.heading(title, language, _address(do, skill)), f"<p>{whole(note)}</p>", back]
        return page_parts.document(title, body, language)
    help_ = gettext(language, "Set at installation by whoever installed the robot.")
    label, start = gettext(language, "PIN of this robot"), pgettext(language, "an act", "Start")
    wrong = f'<span class="err" id="pin-err">{page_parts.icon("fail")}{whole(error)}</span>' if error else ""
    described = "pin-err pin-help" if error else "pin-help"
    invalid = ' aria-invalid="true"' if error else ""
    form = (
        f'<form class="stack" method="post" action="/act"><input type="hidden" name="do" value="{escape(do)}">'
        f'<input type="hidden" name="skill" value="{escape(skill)}">'
        f'<input type="hidden" name="lang" value="{language}">'
        f'<div class="field"><label for="pin">{whole(label)}</label><input id="pin" name="pin" type="password"'
        f' inputmode="numeric" autocomplete="off" required{invalid} aria-describedby="{described}">'
        f'{wrong}<span class="help" id="pin-help">{whole(help_)}</span></div>'
        f'<button class="btn main">{whole(start)}</button></form>'
    )
    return page_parts.document(title, [page_parts.heading(title, language, _address(do, skill)), form, back], language)


def _address(do: str, skill: str) -> str:
    """Both are words of letters, digits and `_`, as page.py takes them."""
    return f"/act?do={do}&skill={skill}" if skill else f"/act?do={do}"


def act_title(do: str, skill: str, language: str) -> str:
    if do == "restart":
        return gettext(language, "Restart {skill}", skill=skill)
    return gettext(language, "Self-test") if do == "self_test" else gettext(language, "Upload now")
