"""Fuzz target: whatever arrives, the decoders give a message or one of their own refusals.

    python -m tests.fuzz.fuzz_codec CORPUS_FOLDER -max_total_time=120       needs atheris

The first byte of the input chooses the door: a payload as it travelled, JSON text that is compressed
first (random bytes seldom make a valid frame), a topic. What decodes goes on through the schema.
`tests/unit/protocol/test_fuzz.py` walks the same doors for a second with hypothesis.
"""

import sys
from pathlib import Path

from pydantic import ValidationError

from protocol import codec, topics
from protocol.messages import Desired, Envelope, Presence, Reported, parse_record
from tests.wire import Ack

REASONS = frozenset({"too_large", "format", "dictionary", "truncated", "json"})
MODELS = (Envelope, Ack, Presence, Desired, Reported)


def one_input(data: bytes) -> None:
    """Raises AssertionError or anything unexpected when a decoder misbehaves."""
    door, rest = data[:1], data[1:]
    if door == b"t":
        found = topics.robot_of(rest.decode("utf-8", "replace"))
        assert found is None or found[1]
        return
    payload = codec.compress(rest) if door == b"z" else rest
    try:
        message = codec.decode(payload)
    except codec.Undecodable as error:
        if error.reason in REASONS:
            return
        raise
    assert codec.decode(codec.compress(codec.encode(message))) == message
    through_the_schema(message)


def through_the_schema(message: dict[str, object]) -> None:
    for model in MODELS:
        try:
            model.model_validate(message)
        except ValidationError:
            continue
    raw = message.get("records")
    for record in [message, *(raw if isinstance(raw, list) else [])]:
        try:
            accepted = parse_record(record)
        except ValidationError:
            continue
        accepted.model_dump_json().encode()


def seeds(folder: Path) -> None:
    """A corpus from the test vectors."""
    import json  # noqa: PLC0415 - atheris instruments what is imported at the top

    folder.mkdir(parents=True, exist_ok=True)
    vectors = Path(codec.__file__).parent / "vectors"
    number = 0
    for file in ("decode", "encode"):
        for case in json.loads((vectors / f"{file}.json").read_text(encoding="utf-8")):
            payload = bytes.fromhex(case["payload"])
            texts = [b"p" + payload] + ([b"z" + case["text"].encode()] if "text" in case else [])
            for text in texts:
                (folder / f"seed{number}").write_bytes(text)
                number += 1
    for case in json.loads((vectors / "records.json").read_text(encoding="utf-8")):
        text = b"p" + json.dumps(case["record"]).encode()
        if len(text) < 2000:
            (folder / f"seed{number}").write_bytes(text)
            number += 1


def main(arguments: list[str]) -> None:
    import atheris  # noqa: PLC0415 - only the soak needs it

    for argument in arguments[1:]:
        if not argument.startswith("-"):
            seeds(Path(argument))
    for module in (codec, topics):
        for name in ("decode", "text_of", "strict_loads", "robot_of", "_unique", "_finite"):
            if hasattr(module, name) and not hasattr(getattr(module, name), "__wrapped__"):
                setattr(module, name, atheris.instrument_func(getattr(module, name)))
    atheris.Setup(arguments, one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv)
