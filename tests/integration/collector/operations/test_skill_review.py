"""A package from its submission to its publication and its recall, on both databases; and who may say what of it."""

import io
from dataclasses import replace
from functools import partial

import pytest
from sqlalchemy import select

from collector import config, context
from collector.access import people
from collector.access.caller import COMMAND_LINE, THE_CLOCK, Role
from collector.operations import catalogue, skill_repository, skill_review
from collector.operations.skill_repository import SignedDocument, StagePackage, accept_document, follow_repository
from collector.operations.skill_review import ListSubmissions, ReviewSubmission, SubmitPackage
from collector.skillstore.catalogue.listing import ListingState
from collector.skillstore.review.submission import SubmissionState
from collector.store.tables.people import audit
from collector.store.tables.skill_store import skill_listing
from collector.values.refusal import Refused
from opk_skills.package.canonical import encoded
from opk_skills.trust import metadata
from opk_skills.trust.recalls import RECALLS, Recall, recalls_file
from opk_skills.trust.releases import path_of
from tests import fleets, skill_shops
from tests.fleets import NOON
from tests.package_repositories import APPID, release
from tests.packages import DECLARED, FILES, LIFT, archive, listed, sound_package

LOUDER = LIFT + b"\n# louder\n"
sound = partial(sound_package, appid=APPID)


@pytest.fixture
def installation(tmp_path):
    return skill_shops.installed(tmp_path)


@pytest.fixture
def inside(store, installation, tmp_path):
    fleets.story(store)
    settings = config.load().model_copy(update={"skills_folder": installation.path, "skills_keys": tmp_path / "keys"})
    return context.of(settings, store, lambda: NOON, COMMAND_LINE)


def person(asked, name, *roles):
    """A context that this person asks."""

    def add(connection):
        made = people.add(
            connection, mail=f"{name}@example.com", name=name, language="en", roles=roles, csm=None, account_ids=(),
            stamp="", now_s=NOON,
        )  # fmt: skip
        return people.caller_of(connection, made)

    return asked.seen_by(asked.write(add))


@pytest.fixture
def bo(inside):
    return person(inside, "bo", Role.PUBLISHER, Role.SKILL_REVIEWER)


@pytest.fixture
def reviewers(inside):
    return [person(inside, name, Role.SKILL_REVIEWER) for name in ("li", "ana", "max")]


def taken(answer):
    assert not isinstance(answer, Refused), answer
    return answer


def submitted(who, content, number=1):
    sent = taken(
        skill_repository.stage_package(who, StagePackage(appid=APPID, release=number, file=io.BytesIO(content)))
    )
    wanted = SubmitPackage(appid=APPID, release=number, sha256=sent.sha256, notes_en="Louder.", notes_zh="更响。")
    return taken(skill_review.submit_package(who, wanted))


def approved(who, sheet):
    return skill_review.approve_submission(who, ReviewSubmission(submission=sheet.submission.id))


def document_of(installation, content, number):
    draft = metadata.with_release(installation.folder.newest("acme"), release(content, number), NOON + 86_400 * 300)
    return metadata.sign(draft, installation.keys["acme"])


def published(who, installation, content, number=1):
    document = document_of(installation, content, number).decode()
    return accept_document(who, SignedDocument(role="acme", document=document, files={}))


def test_a_first_version_is_published_when_two_people_have_approved_its_bytes(inside, installation, bo, reviewers):
    sheet = submitted(bo, sound())
    assert (sheet.submission.state, sheet.reviews_needed, sheet.no_review) == (SubmissionState.IN_REVIEW, 2, "own")
    assert [one.check for one in sheet.checks] == ["package", "program", "runtime", "names"]
    assert sheet.change.permissions_added == ("go_to", "speak")
    early = published(bo, installation, sound())
    assert (early.kind, "lacks the approval of 2 of 2" in early.reason) == ("conflict", True)
    first = taken(approved(reviewers[0], sheet))
    assert (first.submission.state, first.reviews_missing) == (SubmissionState.IN_REVIEW, 1)
    assert "of 1 of 2" in published(bo, installation, sound()).reason
    assert taken(approved(reviewers[1], sheet)).submission.state is SubmissionState.APPROVED
    assert [one.release for one in taken(published(bo, installation, sound()))] == [1]
    assert taken(skill_review.one_submission(bo, sheet.submission.id)).submission.state is SubmissionState.PUBLISHED
    assert taken(catalogue.one_listing(inside, "lift")).state is ListingState.PUBLISHED
    acts = inside.read(lambda connection: [row.act for row in connection.execute(select(audit).order_by(audit.c.id))])
    assert {"submit_package", "approve_submission", "accept_document"} <= set(acts)


def test_the_submitter_never_reviews_one_person_counts_once_and_a_program_is_nobody(inside, bo, reviewers):
    sheet = submitted(bo, sound())
    assert "you submitted it" in approved(bo, sheet).reason, "although bo has the role, too"
    taken(approved(reviewers[0], sheet))
    assert "you have reviewed it" in approved(reviewers[0], sheet).reason
    assert "is no person" in approved(inside, sheet).reason, "the command line"
    wanted = SubmitPackage(appid=APPID, release=1, sha256=sheet.submission.sha256)
    assert "is no person" in skill_review.submit_package(inside, wanted).reason


def test_a_review_falls_when_the_bytes_change(installation, bo, reviewers):
    sheet = submitted(bo, sound())
    for one in reviewers[:2]:
        taken(approved(one, sheet))
    other = sound(LOUDER)
    skill_repository.stage_package(bo, StagePackage(appid=APPID, release=1, file=io.BytesIO(other)))
    assert "has not been submitted" in published(bo, installation, other).reason
    second = submitted(bo, other)
    assert (second.submission.approvals, second.reviews_missing) == (0, 2)
    assert taken(skill_review.one_submission(bo, sheet.submission.id)).submission.state is SubmissionState.REPLACED
    assert isinstance(published(bo, installation, sound()), Refused), "what was approved has been replaced"


def test_wider_permissions_take_two_and_the_same_ones_take_one(installation, bo, reviewers):
    first = submitted(bo, sound())
    for one in reviewers[:2]:
        taken(approved(one, first))
    taken(published(bo, installation, sound()))
    same = sound(LOUDER, version="2")
    sheet = submitted(bo, same, 2)
    assert (sheet.widens, sheet.reviews_needed, sheet.change.permissions_added) == (False, 1, ())
    wide = sound(LOUDER, version="3", permissions=["go_to", "speak", "listen"])
    wider = submitted(bo, wide, 3)
    assert (wider.widens, wider.reviews_needed, wider.change.permissions_added) == (True, 2, ("listen",))
    taken(approved(reviewers[0], sheet))
    taken(published(bo, installation, same, 2))
    taken(approved(reviewers[2], wider))
    assert "of 1 of 2" in published(bo, installation, wide, 3).reason


def test_one_refusal_is_enough_also_after_approvals_and_its_reason_is_told(installation, bo, reviewers):
    sheet = submitted(bo, sound())
    for one in reviewers[:2]:
        taken(approved(one, sheet))
    no = ReviewSubmission(submission=sheet.submission.id, reason="it drives too fast")
    assert skill_review.refuse_submission(reviewers[2], ReviewSubmission(submission=sheet.submission.id)).kind == (
        "unprocessable"
    )
    refused = taken(skill_review.refuse_submission(reviewers[2], no))
    assert (refused.submission.state, refused.submission.reason) == (SubmissionState.REFUSED, "it drives too fast")
    assert isinstance(published(bo, installation, sound()), Refused)
    assert isinstance(approved(reviewers[0], sheet), Refused)


def test_what_the_checks_find_refuses_it_with_the_remedy(bo, reviewers):
    sheet = submitted(bo, sound(LIFT + b"import ssl\n"))
    assert sheet.submission.state is SubmissionState.REFUSED
    assert any("ssl" in each.zh and each.zh != each.en for one in sheet.checks for each in one.problems)
    assert "not in review" in approved(reviewers[0], sheet).reason


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "https://evil.example/schema.json"},
        {"type": "string", "maxLength": 99, "pattern": "(a+)+$", "title": "a", "x-zh": "a", "default": "a"},
    ],
)
def test_settings_that_fetch_or_never_end_are_refused_before_the_package_is_kept(schema, bo):
    settings = {"type": "object", "additionalProperties": False, "properties": {"a": schema}}
    said = encoded(DECLARED | {"appid": APPID, "settings": settings, "files": listed(FILES)})
    file = io.BytesIO(archive(manifest=said))
    refused = skill_repository.stage_package(bo, StagePackage(appid=APPID, release=1, file=file))
    assert isinstance(refused, Refused)
    assert "settings.properties.a" in refused.reason


def test_a_publisher_sees_what_it_submitted_and_nothing_of_others(inside, bo, reviewers):
    sheet = submitted(bo, sound())
    other = person(inside, "eve", Role.PUBLISHER)
    assert taken(skill_review.list_submissions(other, ListSubmissions())).items == []
    for refused in (
        skill_review.one_submission(other, sheet.submission.id),
        skill_review.take_back_submission(other, sheet.submission.id),
        skill_review.check_submission(other, sheet.submission.id),
    ):
        assert (refused.kind, refused.reason) == ("not_found", f"there is no submission {sheet.submission.id}")
    assert [one.id for one in taken(skill_review.list_submissions(bo, ListSubmissions())).items] == [1]
    back = taken(skill_review.take_back_submission(bo, sheet.submission.id))
    assert back.submission.state is SubmissionState.TAKEN_BACK
    assert isinstance(approved(reviewers[0], sheet), Refused)


def test_a_recall_of_all_that_is_offered_makes_the_listing_recalled(inside, installation, bo, reviewers):
    sheet = submitted(bo, sound())
    for one in reviewers[:2]:
        taken(approved(one, sheet))
    taken(published(bo, installation, sound()))
    content = recalls_file([Recall(APPID, (1,), "harmful", {"en": "It falls.", "zh": "会跌落。"}, NOON)])
    draft = metadata.with_file(installation.folder.newest("targets"), RECALLS, content, NOON + 86_400 * 80)
    document = installation.signed(draft).decode()
    wanted = SignedDocument(role="targets", document=document, files={RECALLS: content.decode()})
    taken(accept_document(inside, wanted))
    assert taken(catalogue.one_listing(inside, "lift")).state is ListingState.RECALLED


def test_a_crash_between_repository_and_catalogue_leaves_nothing_stale(inside, installation, bo, reviewers):
    sheet = submitted(bo, sound())
    for one in reviewers[:2]:
        taken(approved(one, sheet))
    installation.repository.publish("acme", document_of(installation, sound(), 1), NOON)  # and then the power went
    assert inside.read(lambda connection: connection.execute(select(skill_listing)).all()) == [], "the control"
    clock = inside.seen_by(THE_CLOCK)
    assert taken(follow_repository(clock, None)) == 2
    assert taken(catalogue.one_listing(inside, "lift")).state is ListingState.PUBLISHED
    assert taken(skill_review.one_submission(bo, sheet.submission.id)).submission.state is SubmissionState.PUBLISHED
    assert taken(follow_repository(clock, None)) == 0, "doing it again changes nothing"


def test_a_withdrawn_listing_stays_withdrawn_when_catalogue_and_repository_are_compared(inside, installation):
    installation.publish(1, b"one")
    clock = inside.seen_by(THE_CLOCK)
    assert taken(follow_repository(clock, None)) == 1
    away = catalogue.ChangeListing(skill="lift", state=ListingState.WITHDRAWN)
    taken(catalogue.change_listing(inside, away))
    assert taken(follow_repository(clock, None)) == 0
    assert taken(catalogue.one_listing(inside, "lift")).state is ListingState.WITHDRAWN


def test_without_the_wish_for_review_a_signature_is_enough_and_with_it_it_is_not(inside, installation):
    content = sound()
    installation.repository.stage(APPID, 1, io.BytesIO(content))
    assert "has not been submitted" in published(inside, installation, content).reason
    off = replace(inside, settings=inside.settings.model_copy(update={"skills_review": False}))
    assert [one.release for one in taken(published(off, installation, content))] == [1]
    assert path_of(APPID, 1) in installation.repository.releases()


def test_a_publisher_from_outside_submits_only_with_a_second_factor(inside):
    outside = person(inside, "eve", Role.PUBLISHER)
    content = sound()
    sent = taken(
        skill_repository.stage_package(outside, StagePackage(appid=APPID, release=1, file=io.BytesIO(content)))
    )
    wanted = SubmitPackage(appid=APPID, release=1, sha256=sent.sha256)
    refused = skill_review.submit_package(outside, wanted)
    assert (refused.kind, "second factor" in refused.reason) == ("conflict", True)
    inside.write(lambda connection: people.change(connection, outside.caller.person_id, totp_set=True))
    assert taken(skill_review.submit_package(outside, wanted)).submission.release == 1


def test_one_of_our_own_people_submits_as_before(bo):
    """The control of the test above: who sees the fleet anyway is asked for no second factor by this act."""
    assert submitted(bo, sound()).submission.id
