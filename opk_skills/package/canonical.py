"""JSON that has one spelling: sorted keys, no space, UTF-8, no duplicate key, no NaN, no surrogate. Pure."""

import json
from typing import Any

DEPTH_MAX = 32  # of a manifest; a schema's own bound is lower


class NotCanonical(ValueError):
    """These bytes are not the canonical spelling of any JSON value."""


def encoded(value: Any) -> bytes:
    """The one spelling. Raises ValueError: what JSON cannot say, NaN, a lone surrogate, nested too deeply."""
    if _depth(value) > DEPTH_MAX:
        raise ValueError(f"nested deeper than {DEPTH_MAX}")
    try:
        text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        return text.encode("utf-8") + b"\n"
    except TypeError as error:
        raise ValueError(str(error)) from error


def decoded(data: bytes) -> Any:
    """The value that these bytes are the spelling of. Raises NotCanonical."""
    try:
        value = json.loads(data.decode("utf-8"))
        if encoded(value) == data:
            return value
    except (ValueError, RecursionError) as error:
        raise NotCanonical("no JSON") from error
    raise NotCanonical("another spelling of the same JSON: keys unsorted or twice, spaces, escapes")


def _depth(value: Any) -> int:
    """How deep lists and tables lie in each other; walks without recursion, since the value may be hostile."""
    deepest, waiting = 0, [(value, 0)]
    while waiting and deepest <= DEPTH_MAX:
        here, depth = waiting.pop()
        inner = here.values() if isinstance(here, dict) else here if isinstance(here, (list, tuple)) else None
        if inner is not None:
            deepest = max(deepest, depth + 1)
            waiting.extend((each, depth + 1) for each in inner)
    return deepest
