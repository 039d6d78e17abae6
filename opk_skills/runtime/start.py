"""Starts the skill of the package this file lies in: `python3 -I -S start.py`. `opk build` puts it there."""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def main() -> int:
    """The exit code of the skill."""
    sys.modules["ssl"] = None  # type: ignore[assignment]  # asyncio then does not load it: two megabytes less
    sys.dont_write_bytecode = True
    sys.path.insert(0, HERE)
    from opk_skills.runtime import process  # noqa: PLC0415 - found only now

    return process.main(HERE)


if __name__ == "__main__":
    sys.exit(main())
