"""One hash says that two sides hold the same facts: equal for equal facts, another for any other fact."""

from hypothesis import given
from hypothesis import strategies as st

from protocol.skill_proof import FACTS, fulfilled, proof

WORDS = st.text("abc", min_size=1, max_size=3)
SKILLS = st.dictionaries(WORDS, st.fixed_dictionaries({fact: st.none() | WORDS for fact in FACTS}), max_size=4)


def rows(skills):
    return [{"skill": skill, **facts} for skill, facts in skills.items()]


@given(SKILLS, st.randoms())
def test_the_order_and_what_has_no_fact_have_no_say(skills, chance):
    told = rows(skills)
    chance.shuffle(told)
    assert proof(told) == proof([*rows(skills), {"skill": "none", "reason": "waits"}])


@given(SKILLS, SKILLS)
def test_other_facts_have_another_hash(one, other):
    def said(skills):
        return {k: {f: v for f, v in facts.items() if v} for k, facts in skills.items() if any(facts.values())}

    assert (proof(rows(one)) == proof(rows(other))) == (said(one) == said(other))


@given(st.dictionaries(WORDS, WORDS, max_size=4))
def test_a_wish_is_fulfilled_when_every_fact_is_its_package(wished):
    done = {skill: dict.fromkeys(FACTS, digest) for skill, digest in wished.items()}
    assert proof(rows(done)) == fulfilled(wished)
    for skill, facts in done.items():
        assert proof(rows(done | {skill: facts | {"active": None}})) != fulfilled(wished)
