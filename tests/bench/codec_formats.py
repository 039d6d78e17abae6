"""The same batches in four formats, each a pair of functions: what `bench_codec` compares.

JSON, msgpack and CBOR carry the wire's own dicts. Sparkplug stands for what the field sends: one payload
per window, every one of the 60 metrics by its alias (report by exception: only those that changed),
timestamps per metric, as the specification's protobuf has it; the message is declared here, at run time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import cbor2
import msgpack
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from protocol.codec import encode as json_encode
from protocol.codec import strict_loads
from tests.bench.codec_samples import KEYS

Batch = dict[str, Any]
_ALIAS = {key: number for number, key in enumerate(KEYS)}
_INT64 = 4  # Sparkplug's number of the data type


@dataclass(frozen=True)
class Format:
    """`encode` makes the payloads of one batch (Sparkplug: one per window), `decode` reads one."""

    name: str
    encode: Callable[[Batch], list[bytes]]
    decode: Callable[[bytes], Any]


@cache
def _payload_class() -> Any:
    field = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="bench.proto", package="bench", syntax="proto2")
    metric = file.message_type.add(name="Metric")
    for name, number in (("alias", 2), ("timestamp", 3), ("datatype", 4), ("long_value", 11)):
        metric.field.add(name=name, number=number, type=field.TYPE_UINT64, label=field.LABEL_OPTIONAL)
    payload = file.message_type.add(name="Payload")
    payload.field.add(name="timestamp", number=1, type=field.TYPE_UINT64, label=field.LABEL_OPTIONAL)
    payload.field.add(
        name="metrics", number=2, type=field.TYPE_MESSAGE, label=field.LABEL_REPEATED, type_name=".bench.Metric"
    )
    payload.field.add(name="seq", number=3, type=field.TYPE_UINT64, label=field.LABEL_OPTIONAL)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("bench.Payload"))


def _sparkplug(batch: Batch, *, sparse: bool) -> list[bytes]:
    found = []
    for record in batch["records"]:
        payload = _payload_class()(timestamp=record["at"] * 1000, seq=record["seq"] % 256)
        for key in record["counts"] if sparse else KEYS:
            payload.metrics.add(alias=_ALIAS[key], datatype=_INT64, long_value=record["counts"].get(key, 0))
        found.append(payload.SerializeToString())
    return found


def _sparkplug_read(payload: bytes) -> dict[int, int]:
    return {m.alias: m.long_value for m in _payload_class().FromString(payload).metrics}


FORMATS = (
    Format("JSON", lambda b: [json_encode(b)], strict_loads),
    Format("msgpack", lambda b: [msgpack.packb(b)], msgpack.unpackb),
    Format("CBOR", lambda b: [cbor2.dumps(b)], cbor2.loads),
    Format("protobuf, Sparkplug B aliases, all 60", lambda b: _sparkplug(b, sparse=False), _sparkplug_read),
    Format("protobuf, Sparkplug B aliases, changed only", lambda b: _sparkplug(b, sparse=True), _sparkplug_read),
)
