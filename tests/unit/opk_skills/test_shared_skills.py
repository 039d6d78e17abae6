"""The shared skills in a body: what each does, what it counts, and what it does when its body fails.

`guide` and `delivery` have files of their own.
"""

import math

import pytest

from opk_skills.catalogue import HERE
from simulators.bodies.people import Saying
from simulators.bodies.trial import Trial, tried

ENDLESS = {"portal", "solicit"}  # their missions go on until something else begins
BEGINS = {
    "portal": "portal&wake", "solicit": "solicit&start", "dialog": "dialog&chat", "directions": "directions&ask",
    "lead": "lead&start", "navigation": "navigation&go", "reception": "reception&visit", "checkin": "checkin&start",
    "cruise": "cruise&start", "advert": "advert&play", "dance": "dance&start",
}  # fmt: skip
SLOTS = {"lead": {"point": "stop-1"}, "navigation": {"point": "stop-2"}, "dialog": {"text": "hello"}}
SETTINGS = {
    "directions": {"places": [{"name": "Café", "point": "stop-3"}]},
    "reception": {"invitations": [{"name": "Ms Li", "point": "stop-4"}]},
    "checkin": {"guests": ["Ms Li", "Mr Wu"]},
    "advert": {"playlist": [{"page": "p1", "words": "Buy one", "seconds": 5}, {"page": "p2", "seconds": 5}]},
}
AILMENTS = {"tts": "on_error", "asr": "api_disconnected", "vision": "-32600004", "touch": "no_response",
            "navigation": "-32620006", "network": "6", "nlp": "other"}  # fmt: skip


def a_trial(key: str, intent: str | None = None, slots: dict[str, str] | None = None, **given) -> Trial:
    given = {"settings": SETTINGS.get(key, {}), **given}
    wanted = (intent or BEGINS[key], SLOTS.get(key, {}) if slots is None else slots)
    return tried(HERE / key, wanted, **given)


def without(counts: dict[str, int], *names: str) -> dict[str, int]:
    return {key: n for key, n in counts.items() if key not in names}


@pytest.mark.parametrize("frailty", [0.0, 1.0, 15.0])
@pytest.mark.parametrize("key", BEGINS)
def test_whatever_fails_the_standard_counters_are_what_the_body_saw(key, frailty):
    for seed in range(4):
        stop = {"interrupt_after_s": 900.0} if key in ENDLESS else {}
        trial = a_trial(key, seed=seed, frailty=frailty, faces=["Ms Li", "", None], touches=["Ms Li", None],
                        sayings=["café", None], **stop)  # fmt: skip
        seen = {counter: math.floor(n + 1e-9) for counter, n in trial.witnessed.items()}
        both = trial.counted.keys() & seen.keys()
        assert both or key in {"advert", "dance"}
        assert {counter: trial.counted[counter] for counter in both} == {counter: seen[counter] for counter in both}


@pytest.mark.parametrize("family", AILMENTS)
@pytest.mark.parametrize("key", BEGINS)
def test_with_any_family_failing_a_mission_ends_and_nothing_breaks(key, family):
    """A fault of the body is never one of the skill: an exception other than CouldNot would be raised here."""
    stop = {"interrupt_after_s": 3_600.0} if key in ENDLESS else {}
    trial = a_trial(key, ail={family: AILMENTS[family]}, faces=["Ms Li"] * 3, touches=["Ms Li"], **stop)
    assert trial.ended[0] in {"done", "failed", "stopped"}


@pytest.mark.parametrize("key", BEGINS)
def test_without_any_setting_a_skill_has_sense(key):
    stop = {"interrupt_after_s": 60.0} if key in ENDLESS else {}
    assert a_trial(key, settings={}, faces=["", ""], **stop).ended[0] in {"done", "stopped"}


@pytest.mark.parametrize("key", BEGINS)
def test_a_skill_speaks_chinese_where_the_robot_does(key):
    stop = {"interrupt_after_s": 60.0} if key in ENDLESS else {}
    trial = a_trial(key, language="zh", faces=["", ""], **stop)
    own = [text for text in trial.spoken if text != "Buy one"]
    assert all(any(ord(letter) > 0x2E80 for letter in text) for text in own)


def test_the_portal_asks_for_what_it_heard():
    trial = a_trial("portal", sayings=[Saying("a tour please", "guide&start", {"hall": "2"})])
    assert trial.wanted == [("guide&start", {"hall": "2"})]
    assert (trial.counted["wake_up"], trial.counted["interaction"]) == (1, 1)


def test_what_no_skill_knows_goes_to_small_talk_and_a_touch_does_what_its_button_says():
    assert a_trial("portal", sayings=[Saying("how old are you")]).wanted == [
        ("dialog&chat", {"text": "how old are you"})
    ]
    assert a_trial("portal", touches=["Tour"]).wanted == [("guide&start", {})]
    assert a_trial("portal", ail={"asr": "api_disconnected"}, touches=["Tour"]).wanted == [("guide&start", {})]


def test_the_home_page_stays_until_something_else_begins():
    trial = a_trial("portal", "portal&home", touches=[None, "Directions"], interrupt_after_s=1_000.0)
    assert trial.ended == ["stopped"]
    assert trial.wanted == [("directions&ask", {})]
    assert trial.counted["portal.home_view"] == 1


def test_solicitation_speaks_at_most_once_in_twenty_seconds_and_wakes_for_who_stays():
    trial = a_trial("solicit", faces=["", "", "", None, None], interrupt_after_s=40.0)
    assert trial.counted["solicitation"] == 1
    assert trial.wanted == [("portal&wake", {})]
    assert trial.counted["foot_traffic"] == 2  # the third face was the first guest, who stays


def test_a_greeting_that_was_not_spoken_is_none():
    trial = a_trial("solicit", faces=["", None], ail={"tts": "on_error"}, interrupt_after_s=60.0)
    assert "solicitation" not in trial.counted
    assert trial.shown


def test_small_talk_answers_what_it_knows_and_counts_what_it_does_not():
    answers = {"answers": [{"words": "opening hours", "answer": "We open at nine."}]}
    trial = a_trial(
        "dialog",
        slots={"text": "What are your opening hours?"},
        sayings=[Saying("and on mars"), None],
        settings=answers,
    )
    assert trial.spoken[0] == "We open at nine."
    counted = {key: trial.counted[key] for key in ("dialog_turn", "dialog.unanswered", "dialog.session")}
    assert counted == {"dialog_turn": 2, "dialog.unanswered": 1, "dialog.session": 1}
    assert trial.counted["interaction"] == 1  # the first words were the portal's


def test_small_talk_passes_on_what_another_skill_does():
    trial = a_trial("dialog", sayings=[Saying("show me around", "guide&start")])
    assert trial.wanted == [("guide&start", {})]


def test_directions_are_given_and_leading_is_offered():
    trial = a_trial("directions", slots={"place": "the café"}, touches=["Yes"])
    assert trial.wanted == [("lead&start", {"point": "stop-3"})]
    assert (trial.counted["directions.asked"], trial.counted["directions"]) == (1, 1)


def test_a_place_that_is_not_known_is_no_direction_given():
    trial = a_trial("directions", sayings=["the moon"])
    assert (trial.counted["directions.unknown_place"], trial.counted.get("directions")) == (1, None)


def test_without_hearing_places_are_touched():
    trial = a_trial("directions", ail={"asr": "api_disconnected"}, touches=["Café", "No"])
    assert trial.counted["directions"] == 1
    assert not trial.wanted


def test_a_guest_is_led_and_counted_as_arrived():
    trial = a_trial("lead", faces=[""])
    assert trial.went_to == ["stop-1"]
    assert (trial.counted["leading"], trial.counted["lead.arrived"]) == (1, 1)
    assert trial.counted["lead.metres"] == trial.counted["distance_m"] == 10


def test_a_guest_who_is_not_there_on_arrival_was_lost_and_one_who_cannot_be_seen_was_not():
    assert a_trial("lead", faces=[None]).counted["lead.guest_lost"] == 1
    assert a_trial("lead", ail={"vision": "-32600004"}).counted["lead.arrived"] == 1


def test_a_way_that_is_blocked_is_tried_twice_and_said():
    trial = a_trial("lead", ail={"navigation": "-32620006"})
    assert trial.ended == ["failed"]
    assert (trial.counted["navigation_aborted"], trial.counted["lead.aborted"]) == (2, 1)
    assert "I cannot get there now" in trial.spoken[-1]


@pytest.mark.parametrize("key", ["lead", "cruise", "dance"])
def test_with_too_little_charge_nothing_begins(key):
    trial = a_trial(key, charge=0.1)
    assert trial.ended == ["failed"]
    assert [row["do"] for row in trial.log if "do" in row] == ["battery", "speak", "dock"]


def test_a_robot_that_is_stuck_asks_for_help_and_help_is_an_intervention():
    helped = a_trial("navigation", ail={"navigation": "-32620008"}, touches=["It is moved", "It is moved"])
    assert helped.counted["intervention"] == 2
    assert a_trial("navigation", ail={"navigation": "-32620008"}, touches=[None]).ended == ["failed"]
    assert a_trial("navigation").counted["navigation.arrived"] == 1


def test_a_point_that_is_not_on_the_map_is_tried_once():
    trial = a_trial("navigation", slots={"point": "nowhere"})
    assert trial.counted["navigation_not_started"] == 1
    assert trial.counted["navigation_tasks"] == 1


def test_a_visitor_is_known_by_face_or_by_name_and_led():
    for given in (
        {"faces": ["Ms Li"]},
        {"faces": [""], "sayings": ["I am Ms Li"]},
        {"faces": [None], "touches": ["Ms Li"]},
    ):
        trial = a_trial("reception", **given)
        assert trial.wanted == [("lead&start", {"point": "stop-4"})]
        assert (trial.counted["reception"], trial.counted["reception.invitation_matched"]) == (1, 1)


def test_a_visitor_whom_nobody_expects_is_received_and_sent_to_the_desk():
    trial = a_trial("reception", faces=[""], sayings=["I am Nobody"])
    assert (trial.counted["reception"], trial.counted.get("reception.invitation_matched")) == (1, None)


def test_a_guest_signs_in_once_by_face_or_by_touch():
    trial = tried(HERE / "checkin", *["checkin&start"] * 3, faces=["Ms Li", "", "Ms Li"], touches=["Mr Wu"],
                  settings=SETTINGS["checkin"])  # fmt: skip
    assert (trial.counted["check_in"], trial.counted["checkin.face_recognised"]) == (2, 2)
    assert "signed in already" in trial.spoken[-1]


def test_without_sight_and_screen_nobody_can_sign_in():
    assert a_trial("checkin", ail={"vision": "-32600004", "touch": "no_response"}).ended == ["failed"]


def test_a_round_counts_its_points_and_a_round_without_any_has_failed():
    trial = a_trial("cruise", settings={"points": ["stop-1", "nowhere", "stop-2"], "stay_s": 3})
    assert (trial.counted["cruise"], trial.counted["cruise.point_reached"]) == (1, 2)
    assert trial.counted["cruise.seconds"] >= trial.counted["driving_s"]
    assert a_trial("cruise", settings={"points": ["nowhere"]}).ended == ["failed"]


def test_an_advert_counts_when_it_was_shown_to_its_end():
    trial = a_trial("advert")
    assert (trial.counted["advert"], trial.counted["plays"]) == (2, 1)
    assert a_trial("advert", interrupt_after_s=3.0).counted.get("advert") is None


def test_a_performance_counts_when_it_begins_and_again_when_it_ends():
    assert a_trial("dance").counted["dance.completed"] == 1
    cut = a_trial("dance", interrupt_after_s=10.0)
    assert (cut.counted["dance"], cut.counted.get("dance.completed")) == (1, None)
