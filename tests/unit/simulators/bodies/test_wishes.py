"""What a simulated robot says of what is wished of it."""

import orjson

from protocol.messages import Desired, DesiredSkill, Reported
from protocol.skill_proof import fulfilled
from simulators.bodies.wishes import Wishes

GUIDE, DELIVERY = ("guide", "0.2.0", "a" * 64), ("delivery", "0.2.0", "b" * 64)


def document(revision: int, *skills: tuple[str, str, str]) -> bytes:
    wanted = [DesiredSkill(skill=key, version=version, digest=digest) for key, version, digest in skills]
    return Desired(revision=revision, skills=wanted).model_dump_json().encode()


def test_what_suits_its_model_runs_and_the_proof_is_that_of_the_fulfilled_wish() -> None:
    wishes = Wishes("greetbot")
    told = wishes.follow(document(3, GUIDE))
    assert told == [{"skill": "guide", "version": "0.2.0", "digest": "a" * 64, "state": "active"}]
    report = Reported.model_validate_json(wishes.report("hall-1"))
    assert (report.revision, report.proof) == (3, fulfilled({"guide": "a" * 64}))


def test_what_is_made_for_other_models_does_not_run_and_says_why() -> None:
    wishes = Wishes("greetbot")
    assert wishes.follow(document(1, DELIVERY)) == []
    (one,) = orjson.loads(wishes.report("hall-1"))["skills"]
    assert one["reason"].startswith("wrong_model: ")
    assert "active" not in one


def test_a_skill_that_is_not_wished_any_more_stops_and_another_version_begins() -> None:
    wishes = Wishes("greetbot")
    wishes.follow(document(1, GUIDE, ("lead", "0.2.0", "c" * 64)))
    told = wishes.follow(document(2, ("guide", "0.2.1", "d" * 64)))
    assert [(one["skill"], one["version"], one["state"]) for one in told] == [
        ("lead", "0.2.0", "stopped"), ("guide", "0.2.1", "active"),
    ]  # fmt: skip


def test_an_older_document_changes_nothing() -> None:
    wishes = Wishes("greetbot")
    wishes.follow(document(5, GUIDE))
    assert wishes.follow(document(4)) == []
    assert wishes.runs == {"guide": ("0.2.0", "a" * 64)}
