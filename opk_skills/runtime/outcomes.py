"""What is counted of an act by itself, whatever the skill: chances to fail, and failures. Pure.

A skill counts what its acts mean (a tour, a delivery); what they are (a play, a task, a face) is counted here, so that
no skill forgets it, and only where its manifest declares the counter.
"""

from typing import Any

NOT_STARTED = frozenset(
    {"32610009", "-32620001", "-32620007", "-32620002", "-32600001", "battery_low"}
)  # never began to drive
UNCOUNTED = frozenset({"not_permitted", "body_gone", "no_answer", "unknown", "wrong_call"})  # the robot did nothing
_LIDAR = frozenset({"radar"})
_RELOCALISATION = frozenset({"-32620014"})
_CHANCES = {
    "speak": ("plays", "tts", "tts_not_played"),
    "listen": ("utterances", "asr", "asr_not_recognised"),
    "see": ("faces", "vision", "vision_not_recognised"),
    "touch": ("touches", "touch", "touch_no_response"),
}
WRONG = {
    "vision": "vision_wrong", "touch": "touch_wrong", "asr": "asr_wrong", "nlp": "nlp_wrong", "tts": "tts_wrong",
}  # fmt: skip


def number(answer: dict[str, Any], field: str) -> float:
    """What a body says in numbers: at least 0, and 0 where it says none. A body's slip is no fault of the skill."""
    said = answer.get(field)
    if not isinstance(said, (int, float)) or isinstance(said, bool) or not 0 <= said < 2**53:
        return 0.0
    return float(said)


def counted(do: str, answer: dict[str, Any]) -> dict[str, float]:
    """What an act that was answered adds, by counter; seconds and metres may be fractions."""
    if answer.get("code") in UNCOUNTED:
        return {}
    if do == "go_to":
        return _driven(answer)
    if do not in _CHANCES:
        return {}
    chance, family, failure = _CHANCES[do]
    if not answer.get("ok"):
        missed = answer.get("family") == family and not answer.get("cancelled")
        return {chance: 1, failure: 1} if missed else {}
    if do == "listen":
        return _heard(answer)
    happened = do == "speak" or answer.get("face" if do == "see" else "button") is not None
    return {chance: 1} if happened else {}


def _driven(answer: dict[str, Any]) -> dict[str, float]:
    adds: dict[str, float] = {
        "navigation_tasks": 1, "distance_m": number(answer, "metres"), "driving_s": number(answer, "seconds"),
    }  # fmt: skip
    if not answer.get("ok") and not answer.get("cancelled") and answer.get("family") == "navigation":
        code = answer.get("code", "")
        adds["navigation_not_started" if code in NOT_STARTED else "navigation_aborted"] = 1
        if code in _LIDAR:
            adds["navigation_lidar"] = 1
        elif code in _RELOCALISATION:
            adds["navigation_relocalisation"] = 1
        elif code == "-32620001":
            adds["navigation_localisation"] = 1
    return adds


def _heard(answer: dict[str, Any]) -> dict[str, float]:
    if not answer.get("text"):
        return {}  # nobody spoke
    heard: dict[str, float] = {"utterances": 1, "queries": 1}
    if not answer.get("intent"):
        heard["nlp_not_handled"] = 1
    return heard
