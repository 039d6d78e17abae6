"""Trains the shared dictionary. A published dictionary never changes: a better one gets the next id.

    python -m tests.bench.codec_dictionary 2 protocol/dictionaries/2.zdict

The same zstd release makes the same bytes from the same seed; dictionary 1 was made with zstd 1.5.7.
Its batches have 1, 3 and 12 windows, with faults, starts and skills between them, and presence messages.
"""

import sys
from pathlib import Path

import zstandard

from protocol.codec import encode
from tests.bench.codec_samples import batches, presences

SEED = 1
SIZE_BYTES = 16_000  # twice as large saves under 1 % in batches, and the agent keeps it in memory
TRAINED_FOR_LEVEL = 9


def train(dict_id: int) -> bytes:
    """The dictionary's bytes."""
    samples = [encode(b) for b in batches(SEED, (1, 3, 3, 12), 6000)]
    samples += [encode(p) for p in presences(SEED, 300)]
    found = zstandard.train_dictionary(SIZE_BYTES, samples, k=500, d=8, level=TRAINED_FOR_LEVEL, dict_id=dict_id)
    return found.as_bytes()


def main(arguments: list[str]) -> int:
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    path = Path(arguments[1])
    if path.exists():
        print(f"{path} is published already: choose the next id", file=sys.stderr)
        return 1
    path.write_bytes(train(int(arguments[0])))
    print(f"{path}: {path.stat().st_size} bytes, zstd {'.'.join(map(str, zstandard.ZSTD_VERSION))}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
