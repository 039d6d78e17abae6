"""What changes from one package to the next, as zstandard's patch: one changed line costs some hundred bytes. Pure.

A delta is not signed: what comes of it has the signed length and hash, or is thrown away.
"""

import zstandard

LARGEST_BYTES = 8 * 1024 * 1024  # of each of the two packages: both are in memory while it is applied
LEVEL = 19  # lower levels look too near, and find nothing in what a minifier has named anew
_WINDOW_LOG_MAX = 25
_WINDOW_LOG_MIN = 17


class BadDelta(ValueError):
    """It cannot be applied; the whole package is fetched."""


def made(old: bytes, new: bytes) -> bytes:
    """From one package's bytes to another's. The caller has seen that neither is larger than LARGEST_BYTES."""
    window_log = min(_WINDOW_LOG_MAX, max(_WINDOW_LOG_MIN, (len(old) + len(new)).bit_length()))
    given = zstandard.ZstdCompressionParameters.from_level(
        LEVEL, source_size=len(new), dict_size=len(old), window_log=window_log, enable_ldm=True
    )
    base = zstandard.ZstdCompressionDict(old, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
    return zstandard.ZstdCompressor(dict_data=base, compression_params=given).compress(new)


def applied(old: bytes, delta: bytes, length: int) -> bytes:
    """The other package's bytes, never more than `length`. Raises BadDelta."""
    try:
        if zstandard.frame_content_size(delta) != length or length > LARGEST_BYTES:
            raise BadDelta("it says another length than was signed")
        base = zstandard.ZstdCompressionDict(old, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
        reader = zstandard.ZstdDecompressor(dict_data=base, max_window_size=2**_WINDOW_LOG_MAX)
        return reader.decompress(delta, max_output_size=length)
    except (zstandard.ZstdError, MemoryError) as error:
        raise BadDelta(str(error)) from None
