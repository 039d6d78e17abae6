"""Rollouts in sentences: how one stands, what its gate answers, why a robot waits and whose turn it is."""

from collections.abc import Sequence

from collector.language import figures
from collector.language import skills as skill_sentences
from collector.language.catalogue import deferred, gettext, ngettext

_WORDS = {
    "rollouts": deferred("Rollouts"),
    "rollouts_note": deferred("One version, brought to many robots in waves, and judged by what customers feel."),
    "none": deferred("No rollout yet"),
    "none_note": deferred(
        "A rollout is planned first: the plan shows who would get a version and what the gate would find, and keeps "
        "nothing."
    ),
    "version": deferred("Version"), "state": deferred("State"), "wave": deferred("Wave"), "robots": deferred("Robots"),
    "done": deferred("Runs it"), "gate": deferred("Gate"), "begun": deferred("Begun"), "by": deferred("By"),
    "gate_note": deferred("robots that were offered it against those that were not yet, on the same days"),
    "judged_by": deferred("Judged by"), "updated": deferred("Offered it"), "others": deferred("Not yet"),
    "change": deferred("Change, 90 %"), "not_excluded": deferred("Not excluded"),
    "faults": deferred("Faults"), "use": deferred("Use"), "starts": deferred("Starts of the skill"),
    "faults_per_use": deferred("Faults per 100 uses"),
    "per_day": deferred("per robot and day"), "waves": deferred("Waves"), "offered": deferred("Offered"),
    "not_yet": deferred("not yet"), "left_out": deferred("Left out"), "nobody_left_out": deferred("Nobody."),
    "robots_h": deferred("Robots of this rollout"), "why": deferred("Why"), "turn": deferred("Whose turn"),
    "all_states": deferred("All"), "filter": deferred("Show"), "no_robot": deferred("No robot in this state."),
    "pause": deferred("Pause"), "resume": deferred("Go on"), "abort": deferred("End here"),
    "take-back": deferred("Take back…"), "retry": deferred("Ask failed robots again"),
    "next-wave": deferred("Next wave"), "reason": deferred("Reason"), "keep": deferred("Keep"),
    "reason_help": deferred("Colleagues read this sentence beside the rollout."),
    "take_back_note": deferred("Each robot goes back to what it had before, at its next good moment."),
    "next_note": deferred("The gate has not seen enough yet. Whoever begins the next wave says why."),
    "abort_note": deferred("Who has the version keeps it; nobody more gets it. This is not undone."),
    "said_pause": deferred("Paused: nobody more is offered it."), "said_resume": deferred("It goes on."),
    "said_abort": deferred("Ended."), "said_take-back": deferred("Robots go back to what they had."),
    "said_retry": deferred("Failed robots are asked again."), "said_next-wave": deferred("The next wave begins."),
    "undo": deferred("Undo"), "looks": deferred("Looks of the gate"), "day": deferred("Day"),
    "answer": deferred("Answer"), "no_look": deferred("No day counts yet: the first 24 hours are left out."),
    "carried_by": deferred("Carried by"), "unjudged": deferred("nobody left to compare with"),
    "plan_h": deferred("Plan a rollout"),
    "plan_note": deferred("A plan shows who would get a version, in which waves, and what the gate would find."),
    "plan_result": deferred("What would happen"), "plan_form": deferred("The rollout"),
    "plan_try": deferred("Show what would happen"), "plan_start": deferred("Start this rollout"),
    "plan_start_note": deferred(
        "The robots of the first wave are drawn when it starts, and offered the version within a minute."
    ),
    "plan_forecasts": deferred("What the gate would find, by this fleet's own last 28 days:"),
    "plan_harm": deferred("If the version brought"), "plan_found": deferred("Found by the last look"),
    "plan_enough": deferred("Four in five found"), "plan_which": deferred("Which robots"),
    "plan_package_help": deferred("Packages of the repository, the newest first."),
    "plan_percents": deferred("Waves, % of the robots"),
    "plan_percents_help": deferred("How much of the fleet has it after each wave: 5, 25, 100."),
    "plan_wave_days": deferred("Days a wave is watched"),
    "plan_wave_days_help": deferred("At least so long, before the next wave may begin."),
    "plan_uses": deferred("Counters of its use"),
    "plan_uses_help": deferred("Keys of counters, with commas. Without one, only faults are judged."),
    "plan_rise": deferred("Rise of faults not to be missed, times"),
    "plan_rise_help": deferred("2 means twice as many faults."),
    "plan_fall": deferred("Fall of use not to be missed, %"),
    "plan_fall_help": deferred("30 means 30 % less use."),
    "plan_accounts": deferred("Only these accounts"),
    "plan_accounts_help": deferred("Account numbers, with commas; empty: all who have the skill."),
    "plan_renewal_freeze_days": deferred("Days before a renewal in which nothing changes"),
    "plan_renewal_freeze_days_help": deferred("0: renewals do not matter."),
    "plan_spares_escalated": deferred("Accounts with an urgent ticket"),
    "plan_yes": deferred("are left out"), "plan_no": deferred("get it too"),
    "plan_blackouts": deferred("Days on which nobody is told"),
    "plan_blackouts_help": deferred("Such as 2026-12-24:2026-12-26, with commas."),
    "plan_approval_days": deferred("Days in which customers are asked first"),
    "plan_approval_days_help": deferred("Empty: they are not asked."),
    "plan_wrong": deferred("This cannot be read, or is outside what is taken: write it as the line below says."),
    "plan_no_package": deferred("No package to roll out"),
    "plan_no_package_note": deferred(
        "This collector has no repository of packages, or nothing is published in it yet. The documentation of skill "
        "repositories says how one is set up."
    ),
    "said_start": deferred("Started."), "more": deferred("More"), "too_few_accounts": deferred("too few accounts"),
}  # fmt: skip
_STATES = {
    "asking": deferred("asks customers"), "running": deferred("running"), "paused": deferred("paused"),
    "halted": deferred("halted"), "aborted": deferred("ended early"), "taken_back": deferred("taken back"),
    "done": deferred("finished"),
}  # fmt: skip
_ROBOTS = {
    "left_out": deferred("left out"), "waiting": deferred("waits"), "offered": deferred("on its way"),
    "postponed": deferred("postponed"), "silent": deferred("silent"), "failed": deferred("failed"),
    "done": deferred("runs it"), "gone": deferred("no longer in it"), "taken_back": deferred("taken back"),
}  # fmt: skip
_WHY = {
    "later_wave": deferred("its wave has not begun"), "blackout": deferred("nobody is told on these days"),
    "paused": deferred("the rollout is paused"), "renewal_near": deferred("the account's renewal is near"),
    "escalated": deferred("the account has an urgent ticket"),
    "not_approved": deferred("the customer has not approved it"),
    "nobody_has_it": deferred("no account has the robot"), "moved": deferred("another account has it by now"),
    "other_wish": deferred("somebody wished something else of this robot"),
    "settings_differ": deferred("its settings are too long with this version"),
    "not_proven": deferred("its report does not agree with what is stored"),
}  # fmt: skip
_TURNS = {
    "rollout": deferred("goes on with its waves"), "csm": deferred("whoever looks after the account"),
    "customer": deferred("the customer"),
}  # fmt: skip
_REASONS = {
    "gate": deferred("the gate has found harm"), "recalled": deferred("its package was recalled"),
    "nobody_eligible": deferred("no robot may get it"),
    "not_random": deferred("robots were added or left out by hand, so it is no random draw"),
    "no_day_yet": deferred("no whole day has arrived from both groups"),
    "nobody_left": deferred("every robot was offered it, so nobody is left to compare with"),
    "more_silent": deferred("robots that were offered it have become silent more often than the others"),
    "few_accounts": deferred("fewer than ten accounts: no verdict on use"),
}  # fmt: skip
_TESTS = {
    "faults": deferred("more faults"), "use": deferred("less use"),
    "faults_of_a_model": deferred("more faults on one model"),
}  # fmt: skip
_ANSWERS = {
    "cannot_judge": deferred("The gate cannot judge"), "no_harm_seen": deferred("No harm seen"),
    "": deferred("The gate has not looked yet"),
}  # fmt: skip
STATES = tuple(_ROBOTS)


def word(key: str, language: str) -> str:
    """Of the pages of rollouts. Raises KeyError."""
    return gettext(language, _WORDS[key])


def state(key: str, language: str) -> str:
    """Of a rollout."""
    return gettext(language, _STATES[key])


def robot_state(key: str, language: str) -> str:
    return gettext(language, _ROBOTS[key])


def why(code: str, detail: str, language: str) -> str:
    """Why a robot stands so: a rollout's own reasons, then those that robots report."""
    return gettext(language, _WHY[code]) if code in _WHY else skill_sentences.why(code, detail, language)


def turn(who: str, language: str) -> str:
    """Who must act; "" where nobody must."""
    return gettext(language, _TURNS[who]) if who in _TURNS else skill_sentences.turn(who, language)


def reason(key: str, language: str) -> str:
    """Why a rollout stands so, or why a look could not judge."""
    return gettext(language, _REASONS[key]) if key in _REASONS else key


def verdict(
    answer: str, halted_by: Sequence[str], until_day: str | None, needs_robots: int | None, language: str
) -> str:  # fmt: skip
    """The gate's answer in one line."""
    if answer == "halt":
        found = figures.listed([gettext(language, _TESTS[one]) for one in halted_by], language)
        return gettext(language, "Halted: {found}", found=found)
    if answer != "too_few":
        return gettext(language, _ANSWERS[answer])
    if until_day is not None:
        return gettext(
            language, "Too few events until about {day}", day=figures.weekday(until_day, language)
        )  # fmt: skip
    if needs_robots is not None:
        return ngettext(
            language, "Too few events; {n} robot would be enough", "Too few events; {n} robots would be enough",
            needs_robots, n=figures.number(needs_robots, language),
        )  # fmt: skip
    return gettext(language, "Too few events, and no canary of this fleet would be enough")


def sentence(state_key: str, robots: int, done: int, left_out: int, language: str) -> str:
    """How a rollout stands, on top of its page."""
    said = ngettext(
        language, "{done} of {n} robot runs it", "{done} of {n} robots run it", robots,
        done=figures.number(done, language), n=figures.number(robots, language),
    )  # fmt: skip
    out = ngettext(language, "{n} is left out", "{n} are left out", left_out, n=figures.number(left_out, language))
    return gettext(language, "{state}; {said}; {out}.", state=state(state_key, language), said=said, out=out)


def question(skill: str, version: str, robots: int, until: str, language: str) -> str:
    """What a customer is asked. `until`: the last day to answer, in words; "": no day is set."""
    asks = ngettext(
        language, "May version {version} of {skill} come to {n} of your robots?",
        "May version {version} of {skill} come to {n} of your robots?", robots, version=version, skill=skill,
        n=figures.number(robots, language),
    )  # fmt: skip
    return asks if not until else gettext(language, "{question} Please answer by {day}.", question=asks, day=until)


def planned(robots: int, accounts: int, left_out: int, language: str) -> str:
    """What a plan comes to, in one line."""
    at = ngettext(language, "{n} account", "{n} accounts", accounts, n=figures.number(accounts, language))
    said = ngettext(
        language, "{n} robot of {accounts} would get it", "{n} robots of {accounts} would get it", robots,
        n=figures.number(robots, language), accounts=at,
    )  # fmt: skip
    out = ngettext(language, "{n} is left out", "{n} are left out", left_out, n=figures.number(left_out, language))
    return gettext(language, "{said}; {out}.", said=said, out=out)


def planted(test: str, factor: float, language: str) -> str:
    """The harm that a forecast supposes: `×2 faults`, `30 % less use`."""
    if test == "use":
        return gettext(language, "{percent} less use", percent=figures.percent(1 - factor, language))
    times = figures.short(factor, language)
    if test == "faults":
        return gettext(language, "{times} times the faults", times=times)
    return gettext(language, "{times} times the faults on one model", times=times)


def enough(after_days: int | None, robots: int | None, language: str) -> str:
    """When a planned gate would find it, or how many robots it needs."""
    if after_days is not None:
        return ngettext(
            language, "{n} day after the offer", "{n} days after the offer", after_days,
            n=figures.number(after_days, language),
        )  # fmt: skip
    if robots is not None:
        return ngettext(
            language, "with {n} robot in the first wave", "with {n} robots in the first wave", robots,
            n=figures.number(robots, language),
        )  # fmt: skip
    return gettext(language, "not with this fleet")


def looks_so_far(look: int, looks: int, language: str) -> str:
    return gettext(language, "look {n} of {of}", n=look, of=looks)


def not_good(rise: str, fall: str | None, language: str) -> str:
    """What "no harm seen" does not say."""
    if fall is None:
        return gettext(language, "Not halted is not good: faults up to {rise} are not excluded.", rise=rise)
    return gettext(
        language, "Not halted is not good: faults up to {rise} and use down to {fall} are not excluded.",
        rise=rise, fall=fall,
    )  # fmt: skip
