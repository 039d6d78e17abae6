"""Every word of the pages, by key. Names of counters and fault families are the registry's."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from collector.language import alarms, fault_details, figures, names, people, wording
from collector.language.catalogue import LANGUAGES, SOURCE, deferred_in, gettext, nearest, ngettext, pgettext
from protocol.counters import COUNTERS, FAMILIES

_WEIGHT = re.compile(r"0(\.\d{0,3})?|1(\.0{0,3})?")  # RFC 9110, 12.4.2
TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "tagline": deferred_in("page", "Every count of every robot, once."),
        "skip": deferred_in("page", "Skip to content"),
        "robots": deferred_in("page", "Robots"),
        "accounts": deferred_in("page", "Accounts"),
        "parked": deferred_in("page", "Not taken"),
        "api": deferred_in("page", "API"),
        "sign_in": deferred_in("page", "Sign in"),
        "sign_out": deferred_in("page", "Sign out"),
        "token": deferred_in("page", "Access token"),
        "token_help": deferred_in("page", "Ask your administrator for a token."),
        "token_wrong": deferred_in("page", "This token is unknown, expired or revoked."),
        "signed_in_as": deferred_in("page", "Signed in as"),
        # states
        "online": deferred_in("page", "Online"),
        "offline": deferred_in("page", "Dark"),
        "stopped": deferred_in("page", "Off"),
        "never": deferred_in("page", "Not connected yet"),
        "all": deferred_in("page", "All"),
        # the fleet
        "today": deferred_in("page", "Today"),
        "today_note": deferred_in("page", "each robot’s own day"),
        "only_account": deferred_in("page", "Only robots of"),
        "whole_fleet": deferred_in("page", "Show the whole fleet"),
        "open_faults": deferred_in("page", "Open faults"),
        "no_faults": deferred_in("page", "none"),
        "completeness": deferred_in("page", "Completeness"),
        "completeness_of": deferred_in("page", "of expected robot-hours arrived"),
        "nothing_expected": deferred_in("page", "nothing expected"),
        "days_2": deferred_in("page", "today and yesterday"),
        "backlog": deferred_in("page", "Backlog"),
        "backlog_note": deferred_in("page", "records still on robots"),
        "records": deferred_in("page", "records"),
        "arriving": deferred_in("page", "Arriving"),
        "arriving_note": deferred_in("page", "records committed here"),
        "last_commit": deferred_in("page", "last commit"),
        "no_commit": deferred_in("page", "no commit yet"),
        "broker": deferred_in("page", "broker"),
        "connected": deferred_in("page", "connected"),
        "disconnected": deferred_in("page", "not connected"),
        "robot": deferred_in("page", "Robot"),
        "state": deferred_in("page", "State"),
        "last_seen": deferred_in("page", "Last seen"),
        "account": deferred_in("page", "Account"),
        "no_account": deferred_in("page", "no account"),
        "search": deferred_in("page", "Search by name"),
        "filter": deferred_in("page", "Show"),
        "next_page": deferred_in("page", "Next page"),
        "first_page": deferred_in("page", "First page"),
        "no_robots": deferred_in("page", "No robots yet"),
        "no_robots_note": deferred_in(
            "page",
            "A robot appears here when its agent first connects: start “edge-agent run” on it (EDGE_AGENT_MQTT_URL).",
        ),
        "no_match": deferred_in("page", "No robot matches"),
        "no_match_note": deferred_in("page", "Change the search or show all states."),
        "no_own_robots_note": deferred_in("page", "No robot is deployed with your account today."),
        "lost_touch": deferred_in("page", "The collector does not answer; figures are from"),
        "alarms": deferred_in("page", "Please look at"),
        "clock_ahead": deferred_in("page", "the clock is days ahead of all others though it says that it is right"),
        "two_epochs": deferred_in("page", "the same identity sends from two outboxes (a cloned card?)"),
        "absurd_counts": deferred_in("page", "reports more than a robot can count"),
        "went_back": deferred_in("page", "its outbox was put back from a copy (a restored card?)"),
        "openings_lost": deferred_in("page", "how often its faults opened is not known in full"),
        "readings_refused": deferred_in("page", "its sources refuse many readings"),
        "epochs": deferred_in("page", "it opens outbox files without end (is its state directory kept?)"),
        "overfull_day": deferred_in("page", "a day has more hours of it than it can have"),
        "record_stuck": deferred_in("page", "one of its records does not pass the broker, and all behind it wait"),
        "zone_unknown": deferred_in("page", "its time zone is not known"),
        "licences_untold": deferred_in("page", "it cannot be told its licences: shorten its settings"),
        "drift_inputs": deferred_in("page", "what health is computed from is no longer as it was"),
        "drift_outcomes": deferred_in("page", "how many customers are lost is no longer as it was"),
        "ahead": deferred_in("page", "this store was replaced, or restored from a backup"),
        # one robot
        "model": deferred_in("page", "Model"),
        "rom": deferred_in("page", "ROM"),
        "agent": deferred_in("page", "Agent"),
        "timezone": deferred_in("page", "Time zone"),
        "now_there": deferred_in("page", "local time"),
        "last_14_days": deferred_in("page", "Last 14 days"),
        "counters_today": deferred_in("page", "Counters today"),
        "all_counters": deferred_in("page", "All counters by day"),
        "day": deferred_in("page", "Day"),
        "counter": deferred_in("page", "Counter"),
        "total": deferred_in("page", "Total"),
        "funnel": deferred_in("page", "Usage funnel"),
        "voice": deferred_in("page", "What guests said"),
        "hours": deferred_in("page", "Hours and mileage"),
        "opportunity": deferred_in("page", "Opportunities"),
        "fault": deferred_in("page", "Faults counted"),
        "other": deferred_in("page", "Added by skills"),
        "unsupported": deferred_in("page", "not supported"),
        "unsupported_here": deferred_in("page", "Not supported by this robot"),
        "unsupported_note": deferred_in("page", "this robot cannot count it"),
        "not_arrived": deferred_in("page", "–"),
        "not_arrived_note": deferred_in("page", "nothing of this has arrived yet; this is not zero"),
        "waiting": deferred_in("page", "to be judged"),
        "waiting_note": deferred_in(
            "page", "more than a robot can count: parked until somebody releases or refuses it; this is not zero"
        ),
        "refused": deferred_in("page", "refused"),
        "refused_note": deferred_in("page", "what was reported was refused by somebody; this is not zero"),
        "uncounted": deferred_in("page", "Parked counts"),
        "uncounted_note": deferred_in("page", "More than a robot can count: in no sum until somebody releases them."),
        "amount": deferred_in("page", "Amount"),
        "legend": deferred_in(
            "page", "0 is a true zero. “–” has not arrived. “not supported” cannot be counted by this robot."
        ),
        "imported": deferred_in("page", "imported"),
        "estimated": deferred_in("page", "placed by estimate"),
        "refused_readings": deferred_in("page", "Refused readings"),
        "refused_readings_note": deferred_in(
            "page", "What a source cannot read is refused; everything else counts. Today and yesterday"
        ),
        "per_hour": deferred_in("page", "per hour of arrived data"),
        "refused_unknown": deferred_in("page", "no data of these days has arrived; this is not zero"),
        "refused_others": deferred_in("page", "further names"),
        "source": deferred_in("page", "Source"),
        "until": deferred_in("page", "Until"),
        "still_refused": deferred_in("page", "still refused"),
        "none_refused": deferred_in("page", "No name was refused."),
        "faults": deferred_in("page", "Fault episodes"),
        "no_episodes": deferred_in("page", "No fault was ever reported."),
        "opened": deferred_in("page", "Opened"),
        "closed": deferred_in("page", "Closed"),
        "still_open": deferred_in("page", "still open"),
        "lasted": deferred_in("page", "Lasted"),
        "family": deferred_in("page", "Family"),
        "code": deferred_in("page", "Code"),
        "detail": deferred_in("page", "Detail"),
        "could_not": deferred_in("page", "could not"),
        "wrong": deferred_in("page", "did it wrong"),
        "holes": deferred_in("page", "Holes and their causes"),
        "no_holes": deferred_in("page", "Nothing is missing."),
        "from": deferred_in("page", "From"),
        "to": deferred_in("page", "To"),
        "cause": deferred_in("page", "Cause"),
        "missing": deferred_in("page", "Missing"),
        "arrived": deferred_in("page", "arrived"),
        "expected": deferred_in("page", "expected"),
        "before_deployment": deferred_in("page", "not there yet (not expected)"),
        "not_due": deferred_in("page", "not due yet (not expected)"),
        "off": deferred_in("page", "switched off (not expected)"),
        "place_closed": deferred_in("page", "place closed (not expected)"),
        "file": deferred_in("page", "told by a file (not expected)"),
        "off_all_day": deferred_in("page", "switched off on an open day"),
        "never_heard": deferred_in("page", "not heard of yet"),
        "too_much": deferred_in("page", "told more than once"),
        "lost": deferred_in("page", "lost, as the robot reported"),
        "crash": deferred_in("page", "power cut or crash"),
        "on_robot": deferred_in("page", "still on the robot"),
        "dark": deferred_in("page", "dark"),
        "never_arrived": deferred_in("page", "never arrived, unexplained"),
        "gauges": deferred_in("page", "Readings of the newest hour"),
        "no_gauges": deferred_in("page", "No reading has arrived yet."),
        "reading": deferred_in("page", "Reading"),
        "least": deferred_in("page", "Lowest"),
        "mean": deferred_in("page", "Mean"),
        "most": deferred_in("page", "Highest"),
        "skills": deferred_in("page", "Skills"),
        "no_skills": deferred_in("page", "No skill has reported a state."),
        "desired_settings": deferred_in("page", "Desired settings"),
        "setting": deferred_in("page", "Setting"),
        "wished": deferred_in("page", "Wished"),
        "setting_applied": deferred_in("page", "applied"),
        "setting_refused": deferred_in("page", "refused"),
        "setting_unanswered": deferred_in("page", "the robot has not answered yet"),
        "version": deferred_in("page", "Version"),
        "reason": deferred_in("page", "Reason"),
        "since": deferred_in("page", "Since"),
        "events": deferred_in("page", "What happened to its agent"),
        "no_events": deferred_in("page", "Nothing has been reported."),
        "event": deferred_in("page", "Event"),
        "at": deferred_in("page", "At"),
        "trace": deferred_in("page", "Where a count comes from"),
        "trace_note": deferred_in(
            "page", "Each outbox file of the robot is an epoch. Everything up to the mark is committed, once."
        ),
        "epoch": deferred_in("page", "Epoch"),
        "mark": deferred_in("page", "Mark"),
        "first_batch": deferred_in("page", "First batch"),
        "last_batch": deferred_in("page", "Newest batch"),
        "current": deferred_in("page", "current"),
        "replaced": deferred_in("page", "replaced"),
        "raw": deferred_in("page", "As JSON"),
        "past_only": deferred_in(
            "page", "This robot is not with your account today. Shown are the days on which it was."
        ),
        # parked, accounts
        "parked_note": deferred_in(
            "page", "Messages and records that could not be taken, with the reason. The robot’s later records go on."
        ),
        "no_parked": deferred_in("page", "Nothing was refused."),
        "no_parked_note": deferred_in(
            "page", "When a message does not decode or breaks the schema, it is kept here with its bytes."
        ),
        "topic": deferred_in("page", "Topic"),
        "bytes": deferred_in("page", "Bytes"),
        "times": deferred_in("page", "Times"),
        "dropped": deferred_in("page", "Deleted"),
        "received": deferred_in("page", "Received"),
        "as_text": deferred_in("page", "As text"),
        "as_hex": deferred_in("page", "As bytes (hexadecimal)"),
        "name": deferred_in("page", "Name"),
        "robots_today": deferred_in("page", "Robots today"),
        "no_accounts": deferred_in("page", "No accounts yet"),
        "no_accounts_note": deferred_in(
            "page", "Bring in a table of accounts, or a fleet’s history: its account column makes them."
        ),
        "deployments": deferred_in("page", "Deployments"),
        "no_deployments": deferred_in("page", "No robot was ever deployed."),
        "still_there": deferred_in("page", "still there"),
        "usage_note": deferred_in("page", "Usage belongs to the account that had the robot that day."),
        "docs": deferred_in("page", "The API, route by route"),
        "back": deferred_in("page", "Back"),
    }
)
# Families beside the registry's: what the agent says of itself, and what VDA 5050 does not place further.
_FAMILIES: Mapping[str, str] = MappingProxyType(
    {"agent": deferred_in("family", "Agent"), "robot": deferred_in("family", "Robot")}
)


# What skills count beside the registry, where many call it the same.
_OWN_COUNTERS: Mapping[str, str] = MappingProxyType(
    {
        "completed": deferred_in("own counter", "completed"),
        "failed": deferred_in("own counter", "failed"),
        "seconds": deferred_in("own counter", "time"),
    }
)
# What the agent reads of its machine.
_GAUGES: Mapping[str, str] = MappingProxyType(
    {
        "battery": deferred_in("gauge", "Battery"),
        "cpu_ratio": deferred_in("gauge", "Processor"),
        "disk_ratio": deferred_in("gauge", "Disk"),
        "load_1m": deferred_in("gauge", "Load, 1 min"),
        "memory_ratio": deferred_in("gauge", "Memory"),
        "temperature_c": deferred_in("gauge", "Temperature, °C"),
        "uptime_s": deferred_in("gauge", "Since start"),
    }
)


def _text(key: str) -> str:
    found = TEXTS.get(key)
    return wording.TEXTS[key] if found is None else found


class Words:
    """The words of one language. `word(key)` raises KeyError for a key that is not in the table.

    `zone`: the IANA time zone in which the reader's moments are written; None: that of the world.
    `skills`: the names of skills by their keys, in this language.
    """

    def __init__(self, language: str) -> None:
        self.language = language
        self.zone: str | None = None
        self.skills: Mapping[str, str] = {}

    def in_zone(self, zone: str) -> "Words":
        """The same words for a reader of that time zone."""
        found = Words(self.language)
        found.zone, found.skills = zone, self.skills
        return found

    def __call__(self, key: str, **slots: object) -> str:
        if key == "skill":  # a group of counters; `skills` are packages
            return pgettext(self.language, "counters", "Skills")
        if key == "created":
            return pgettext(self.language, "account", "Since")
        return pgettext(self.language, "page", _text(key), **slots)

    def has(self, key: str) -> bool:
        return key in TEXTS or key in wording.TEXTS

    def either(self, key: str) -> str:
        """The word for a key that came from data, or the key itself."""
        return self(key) if self.has(key) else key

    def alarm(self, kind: str, text: str) -> str:
        """What an alarm of a robot says."""
        return alarms.detail(kind, text, self.language)

    def fault_detail(self, code: str, text: str) -> str:
        """What a fault's detail says, where the agent itself wrote it."""
        return fault_details.said(code, text, self.language)

    def number(self, value: float) -> str:
        """With one decimal where it has any."""
        return figures.number(value, self.language, 0 if value == int(value) else 1)

    def duration(self, seconds: float) -> str:
        return figures.duration(int(seconds), self.language)

    def ago(self, seconds: float) -> str:
        return figures.ago(int(seconds), self.language)

    def role(self, role: str) -> str:
        return self(f"role_{role}")

    def skill_name(self, key: str) -> str:
        """What the catalogue calls a skill; one that it does not know is called by its key."""
        return self.skills.get(key, key)

    def cause_value(self, cause: str, value: str) -> str:
        """What it is that a cause of several falls names: `firmware` V9.7, `skill` and its name."""
        return self.skill_name(value) if cause == "skill" else names.cause_value(cause, value, self.language)

    def who(self, name: str) -> str:
        """Who did something."""
        return people.who(name, self.language)

    def tries(self, left: int) -> str:
        """What follows from a wrong try."""
        if left == 0:
            return pgettext(self.language, "page", "Wait a minute before the next try.")
        return ngettext(
            self.language, "{n} more try, then one a minute.", "{n} more tries, then one a minute.", left,
            n=self.number(left),
        )  # fmt: skip

    def reporting(self, robots: int) -> str:
        return ngettext(
            self.language, "{robots} robot reporting", "{robots} robots reporting", robots, robots=self.number(robots)
        )

    def openings(self, times: int) -> str:
        return ngettext(self.language, "opened {times} time", "opened {times} times", times, times=self.number(times))

    def counting(self, able: int, robots: int) -> str:
        return ngettext(
            self.language, "{able} of {robots} robot counts it", "{able} of {robots} robots count it",
            robots, able=self.number(able), robots=self.number(robots),
        )  # fmt: skip

    def counter(self, key: str) -> str:
        """A counter's name; a skill's own counter is shown as `skill: what it counts`."""
        found = COUNTERS.get(key)
        if found is not None:
            return names.of(found, self.language)
        skill, point, what = key.partition(".")
        if not point:
            return key
        said = pgettext(self.language, "own counter", _OWN_COUNTERS[what]) if what in _OWN_COUNTERS else what
        name = self.skill_name(skill)
        return gettext(self.language, "{skill}: {what}", skill=name, what=said.replace("_", " "))

    def counter_inside(self, key: str) -> str:
        """The same within a sentence."""
        return names.counter(key, self.language) if key in COUNTERS else self.counter(key)

    def gauge(self, key: str) -> str:
        """A reading's name; "": of a source of somebody's own."""
        return pgettext(self.language, "gauge", _GAUGES[key]) if key in _GAUGES else ""

    def gauge_value(self, key: str, value: float) -> str:
        """Shares in percent, durations in words."""
        if key.endswith("_ratio") or key == "battery":
            return figures.percent(value, self.language)
        return self.duration(int(value)) if key == "uptime_s" else figures.short(value, self.language)

    def family(self, key: str) -> str:
        if key in _FAMILIES:
            return pgettext(self.language, "family", _FAMILIES[key])
        found = FAMILIES.get(key)
        return key if found is None else names.of(found, self.language)

    def language_name(self, language: str) -> str:
        """A language's own name, for the link to it."""
        return pgettext(language, "name of this language", "English")

    def language_tag(self, language: str) -> str:
        """The tag of the `lang` attribute: it chooses the font, and the browser's line breaks."""
        return pgettext(language, "language tag of HTML", "en")


def preferred(chosen: str | None, accept_language: str) -> str:
    """The language somebody chose, else the one of ours that the browser weighs most, else English.

    Of two with one weight (`q` of RFC 9110) the first; q=0 says that it is not wanted.
    """
    if chosen in LANGUAGES:
        return chosen
    best, most = SOURCE, 0.0
    for part in accept_language.lower().split(","):
        tag, *parameters = (piece.strip() for piece in part.split(";"))
        language, quality = nearest(tag), _quality(parameters)
        if language is not None and quality > most:
            best, most = language, quality
    return best


def _quality(parameters: list[str]) -> float:
    """The weight of a language; 1 where none is said, 0 where it is no number from 0 to 1."""
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            return float(value) if _WEIGHT.fullmatch(value.strip()) else 0.0
    return 1.0
