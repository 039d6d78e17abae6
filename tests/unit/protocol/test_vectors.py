"""The test vectors of docs/wire-format.md, run against this implementation; another language runs the same files."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from protocol import codec, counted, stream, topics
from protocol.messages import Ask, Desired, Envelope, Presence, Reported, parse_record
from protocol.stream import BatchVerdict, Forget, GiveUp, Hello, Judged, Rewound, Send, Sender, StreamStanding
from tests import ROOT
from tests.wire import Ack

FOLDER = Path(codec.__file__).parent / "vectors"
FILES = ("decode", "encode", "messages", "records", "receive", "take", "sender", "epochs", "counted", "topics")


def cases(file: str) -> Any:
    found = json.loads((FOLDER / f"{file}.json").read_text(encoding="utf-8"))
    return pytest.mark.parametrize("case", found, ids=[case["name"] for case in found])


def test_every_file_of_vectors_is_run_and_described():
    assert {path.stem for path in FOLDER.glob("*.json")} == set(FILES)
    page = (ROOT / "docs" / "wire-format.md").read_text(encoding="utf-8")
    assert [name for name in FILES if f"`{name}.json`" not in page] == []


@cases("decode")
def test_decode(case):
    payload = bytes.fromhex(case["payload"])
    if "refused" in case:
        with pytest.raises(codec.Undecodable) as refusal:
            codec.decode(payload)
        assert refusal.value.reason == case["refused"]
    else:
        assert codec.decode(payload) == case["message"]


@cases("encode")
def test_encode(case):
    assert codec.encode(case["message"]).decode() == case["text"]
    assert codec.decode(codec.compress(case["text"].encode())) == case["message"]
    payload = bytes.fromhex(case["payload"])
    assert codec.decode(payload) == case["message"]
    assert codec.digest(payload) == case["digest"]


MODELS = {"batch": Envelope, "ask": Ask, "ack": Ack, "presence": Presence, "desired": Desired, "reported": Reported}


@cases("messages")
def test_messages(case):
    model = MODELS[case["model"]]
    if case["valid"]:
        assert model.model_validate(case["message"]).model_dump(exclude_unset=True).items() <= case["message"].items()
    else:
        with pytest.raises(ValidationError):
            model.model_validate(case["message"])


@cases("records")
def test_records(case):
    if case["valid"]:
        assert parse_record(case["record"]).seq == case["record"]["seq"]
    else:
        with pytest.raises(ValidationError):
            parse_record(case["record"])


@cases("receive")
def test_receive(case):
    said = case["decision"]
    hole = tuple(said["hole"]) if "hole" in said else None
    expected = Judged(BatchVerdict(said["verdict"]), said["mark"], said.get("after", 0), hole)
    runs = {name: case.get(name) for name in ("run", "known_run")}
    assert (
        stream.receive(StreamStanding(**case["standing"]), case["first"], case["last"], case["held"], **runs)
        == expected
    )


@cases("counted")
def test_counted(case):
    if case["do"] == "follow":
        state, told = counted.read(case["state"]), counted.read(case["series"])
        after = counted.follow(state, case["counts"], told, anew=case["anew"])
        assert counted.packed(after) == case["after"]
        return
    known, said = ([(run, first) for run, first in case[name]] for name in ("known", "said"))
    expected = counted.Parted(case["to"]) if case["parted"] else None
    assert counted.parted(known, case["mark"], said, case["newest"]) == expected


@cases("take")
def test_take(case):
    decision = Judged(BatchVerdict.COMMIT, case["last"], case["after"])
    assert stream.take(case["seq"], case["first"], decision, case["previous"]).value == case["judgement"]


@cases("sender")
def test_sender(case):
    sender = Sender(**case["sender"])
    for step in case["steps"]:
        arguments = {name: value for name, value in step.items() if name not in {"do", "gives"}}
        result = getattr(sender, step["do"])(**arguments)
        assert said(result) == step.get("gives"), step


def said(result: object) -> dict[str, Any] | None:
    match result:
        case Hello(first):
            return {"hello": first}
        case Send(first, records):
            return {"send": first, "records": records}
        case Forget(mark):
            return {"forget": mark}
        case Rewound(mark):
            return {"rewound": mark}
        case GiveUp(seq, reason):
            return {"give_up": seq, "reason": reason}
    return None


@cases("epochs")
def test_epochs(case):
    old = None if case["old"] is None else StreamStanding(**case["old"])
    new = StreamStanding(**case["new"])
    if case["do"] == "closed":
        assert stream.after_close(old, case["held"]) == (new, None if case["hole"] is None else tuple(case["hole"]))
    else:
        assert stream.take_salvaged(old, case["seq"]) is case["taken"]
        assert (stream.after_salvage(old, case["seq"]) if case["taken"] else old) == new


@cases("topics")
def test_topics(case):
    if "robot" not in case:
        assert topics.robot_of(case["topic"]) == (None if case["is"] is None else tuple(case["is"]))
        return
    robot = case["robot"]
    assert f"{topics.shard_of(robot):02x}" == case["shard"]
    for kind in ("up", "ack", "presence", "desired", "reported"):
        assert getattr(topics, kind)(robot) == case[kind]
        assert topics.robot_of(case[kind]) == (kind, robot)
