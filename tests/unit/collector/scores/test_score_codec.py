"""A score that an earlier model stored is read, compared and explained by today's."""

import base64
from dataclasses import replace

import pytest

from collector.health.explain.decompose import change
from collector.health.measures.registry import MEASURES
from collector.health.model import MeasureScore
from collector.language.explanation import explain
from collector.scores import score_codec
from tests import health_cases
from tests.policies import HEALTH

# as a collector stored it whose model had no F3
RECORDED = base64.b64decode(
    "AmCtBc0JAAKHFhegtQ1E8s3Ya2lWosZ1yIqsiJSdV3/vAVcUXpb/oZhCyrdB/aGbGVCTLg8ia6Mu99Fu1k7IXB6TzZgaza6WJD48awMDEQoA"
    "5W3/aswN1hd00j1FRxBC3qFDD1GoUb5amJY2A3ACCURmqKYOEmBwMBCGQTAPYwzjhDkBYkgwzkww4czCtgEN62cekSYTS9phozcfS6sFlpNt"
    "2knyhRuWzEa2icDXLW4GXYvvhKSlrs2uZdJpZkQHABm0KlSsRJ5SXbkU5NnC/eiEM3zcTHgXmTuUFxLxHvCSPiYBJsieJWGfUN1pfoRxHmdE"
    "t+yTx0X5kgpTKw+LtDbiF/4jmRmcNF9rn07Zx8fTiUsfRb62E8Z2sixlKNn40jhUWsNEmQSzR2ZOsRxR4oRT3yRH3AR4k0LjgZMtsgE="
)
OLD = score_codec.decode(RECORDED)


def test_a_measure_that_the_stored_score_does_not_have_is_not_available():
    assert tuple(OLD.measures) == MEASURES
    assert OLD.measures["F3"] == MeasureScore(state="na", why="not_in_model")
    others = [one for key, one in OLD.measures.items() if key != "F3"]
    assert any(one.state == "present" for one in others), "what was stored stays as it was"
    assert sum(one.lost for one in others) == pytest.approx(100 - OLD.raw)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_score_of_an_older_model_is_explained(language):
    said = explain(OLD, {7: replace(OLD, day=OLD.day - 7)}, {}, language, HEALTH)
    assert [one.measure for one in said.measures] == list(MEASURES)
    newer = next(one for one in said.measures if one.measure == "F3")
    assert (newer.measure, newer.state, newer.score, newer.weight) == ("F3", "na", None, 0.0)
    assert newer.why
    assert newer.why not in " ".join(said.sentences), "nobody can bring what was not asked for"
    assert "F3" not in said.losses


def test_what_a_new_measure_moves_is_a_part_of_the_change():
    now = health_cases.scored()
    found = change(replace(OLD, day=now.day - 1), now)
    assert found.difference == pytest.approx(sum(part.points for part in found.parts))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_measure_that_the_model_has_no_more_is_explained_by_its_key(language):
    gone = MeasureScore(state="present", value=2.0, score=0.0, weight=10.0, lost=10.0)
    stored = replace(OLD, raw=90.0, final=90.0, measures={**OLD.measures, "Z9": gone})
    read = score_codec.decode(score_codec.encode(stored))
    said = explain(read, {7: replace(OLD, day=OLD.day - 7)}, {}, language, HEALTH)
    assert said.measures[-1].name == "Z9"
    assert said.losses[0] == "Z9", "it cost most"
    assert any(part.name == "Z9" for change in said.changes for part in change.parts)
