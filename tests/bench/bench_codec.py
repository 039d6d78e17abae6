"""Bytes and microseconds per window: four formats, each plain, with zstd, with zstd and a dictionary of its own.

    python -m tests.bench.bench_codec        prints the table of docs/adr/0002-json-zstd-dictionary.md

Every format gets a dictionary trained on its own bytes by the recipe of dictionary 1, so that none is
favoured. Windows only, no events: what the field's formats can carry too.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

import zstandard

from protocol import codec
from tests.bench.codec_dictionary import SEED, SIZE_BYTES
from tests.bench.codec_formats import FORMATS, Format
from tests.bench.codec_samples import batches

SIZES = (1, 3, 12, 288)  # alone, an upload of 15 minutes, an hour, a day
FIELD_B = 53.7  # a tenth of the 537 B that a window of 60 counters takes in Sparkplug B with aliases
_ROUNDS = 3


def measure() -> list[dict[str, Any]]:
    """One row per format, packing and batch size."""
    rows = []
    for form in FORMATS:
        trained = zstandard.ZstdCompressionDict(_dictionary(form))
        for packing, shared in (("plain", None), ("zstd", None), ("zstd + dictionary", trained)):
            for windows in SIZES:
                found = list(batches(SEED + 1, (windows,), 8 if windows > 100 else 100, events=False))
                rows.append(_measure(form, packing, shared, found, windows))
    return rows


def run() -> list[dict[str, Any]]:
    """Rows for `make bench`: what the wire does against its targets."""
    rows = measure()
    chosen = {r["windows"]: r for r in rows if r["format"] == "JSON" and r["packing"] == "zstd + dictionary"}
    field = {r["windows"]: r for r in rows if "all 60" in r["format"] and r["packing"] == "plain"}
    found: list[dict[str, Any]] = []
    for windows in SIZES:
        payload = sum(len(p) for p in _own(windows)) / windows / len(_own(windows))
        found.append(
            {
                "name": f"wire: payload per window of 60 counters, batch of {windows}",
                "value": round(payload, 1),
                "unit": "B",
                "target": f"≤ {FIELD_B}" if windows in {3, 12} else "",
                "met": payload <= FIELD_B if windows in {3, 12} else None,
                "baseline": f"{field[windows]['bytes']:.0f} (Sparkplug B, aliases, all 60, same windows)",
                "ratio": round(payload / field[windows]["bytes"], 3),
            }
        )
        for what in ("encode", "decode"):
            figure = chosen[windows][f"{what}_us"]
            found.append(
                {"name": f"wire: {what} per window, batch of {windows}", "value": round(figure, 2), "unit": "µs"}
            )
    return [{k: v for k, v in row.items() if v not in {None, ""}} for row in found]


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Markdown: bytes per window, and µs per window to encode and decode."""
    head = "| format | packing | " + " | ".join(f"{n}: B, µs out, µs in" for n in SIZES) + " |"
    lines = [head, "|---|---|" + "---|" * len(SIZES)]
    for start in range(0, len(rows), len(SIZES)):
        part = rows[start : start + len(SIZES)]
        cells = (f"{r['bytes']:.1f}, {r['encode_us']:.1f}, {r['decode_us']:.1f}" for r in part)
        lines.append(f"| {part[0]['format']} | {part[0]['packing']} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _dictionary(form: Format) -> bytes:
    samples = [p for b in batches(SEED, (1, 3, 3, 12), 3000, events=False) for p in form.encode(b)]
    return zstandard.train_dictionary(SIZE_BYTES, samples, k=500, d=8, level=codec.LEVEL).as_bytes()


def _own(windows: int) -> list[bytes]:
    found = batches(SEED + 1, (windows,), 8 if windows > 100 else 100, events=False)
    return [codec.compress(codec.encode(b)) for b in found]


def _measure(
    form: Format, packing: str, shared: zstandard.ZstdCompressionDict | None, found: list[Any], windows: int
) -> dict[str, Any]:
    compressor = zstandard.ZstdCompressor(level=codec.LEVEL, dict_data=shared, write_checksum=False)
    decompressor = zstandard.ZstdDecompressor(dict_data=shared)
    pack, unpack = (bytes, bytes) if packing == "plain" else (compressor.compress, decompressor.decompress)
    wire = [[pack(p) for p in form.encode(b)] for b in found]
    total = len(found) * windows
    return {
        "format": form.name,
        "packing": packing,
        "windows": windows,
        "bytes": sum(len(p) for payloads in wire for p in payloads) / total,
        "encode_us": _best_s(lambda: [[pack(p) for p in form.encode(b)] for b in found]) / total * 1e6,
        "decode_us": _best_s(lambda: [[form.decode(unpack(p)) for p in payloads] for payloads in wire]) / total * 1e6,
    }


def _best_s(work: Callable[[], object]) -> float:
    best = float("inf")
    for _ in range(_ROUNDS):
        began_s = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - began_s)
    return best


if __name__ == "__main__":
    print(table(measure()))
