"""A score as the store keeps it, and back. Pure. Nothing is rounded: an explanation adds up what was shown.

The model may have got a measure, or lost one, since a score was stored: see `decode`.
"""

from dataclasses import asdict, fields
from typing import Any

import orjson

from collector.health.measures.registry import MEASURES
from collector.health.model import BlindSpot, Cap, MeasureScore, Scored
from collector.scores.packed import SCORE, pack, unpack

_MEASURE = tuple((one.name, one.default) for one in fields(MeasureScore) if one.name != "detail")
_OPTIONS = orjson.OPT_SERIALIZE_NUMPY
_NEWER = MeasureScore(state="na", why="not_in_model")


def encode(scored: Scored) -> bytes:
    said: dict[str, Any] = {
        "account": scored.account, "day": scored.day, "policy": scored.policy, "profile": scored.profile,
        "raw": scored.raw, "final": scored.final, "band": scored.band, "coverage": scored.coverage,
        "computed": scored.computed, "assured": scored.assured,
        "caps": [asdict(cap) for cap in scored.caps],
        "measures": {key: _measure(measure) for key, measure in scored.measures.items()},
        "peer_group": scored.peer_group, "peer_n": scored.peer_n, "sentiment": scored.sentiment,
        "stage": scored.stage, "tags": scored.tags, "candidate_band": scored.candidate_band,
        "candidate_days": scored.candidate_days, "blind_spots": [asdict(spot) for spot in scored.blind_spots],
    }  # fmt: skip
    if scored.partial is not None:
        said["partial"] = scored.partial
    return pack(orjson.dumps(said, option=_OPTIONS), SCORE)


def _measure(measure: MeasureScore) -> dict[str, Any]:
    said = {name: value for name, default in _MEASURE if (value := getattr(measure, name)) != default}
    if measure.detail:
        said["detail"] = measure.detail
    return said


def decode(body: bytes) -> Scored:
    """Trusted: what `encode` made, in this release or an earlier one.

    `measures` has every measure of today's model; one that the stored score does not have was not in the model then,
    and is na. One that only the stored score has stays, so that the points lost still sum to 100 - raw.
    """
    said = orjson.loads(unpack(body))
    said["caps"] = tuple(Cap(**cap) for cap in said["caps"])
    stored = {key: MeasureScore(**measure) for key, measure in said["measures"].items()}
    said["measures"] = {key: stored.get(key, _NEWER) for key in MEASURES} | stored
    said["tags"] = tuple(said["tags"])
    said["blind_spots"] = tuple(BlindSpot(**spot) for spot in said.get("blind_spots", ()))
    return Scored(**said)
