"""Files that a command is given: what is no text or no JSON is said in one line."""

from pathlib import Path
from typing import Any

import click
import orjson


def written_in(file: Path) -> str:
    """Raises UsageError for a file that cannot be read or is no UTF-8 text."""
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise click.UsageError(f"{file}: {error.strerror}; name a file that can be read") from error
    except UnicodeDecodeError as error:
        raise click.UsageError(f"{file} is no UTF-8 text; save it as UTF-8") from error


def object_in(file: Path) -> dict[str, Any]:
    """Raises UsageError for a file that is no JSON object."""
    try:
        said = orjson.loads(written_in(file))
    except orjson.JSONDecodeError as error:
        raise click.UsageError(f"{file} is no JSON: {error}") from error
    if not isinstance(said, dict):
        raise click.UsageError(f"{file}: an object is expected, {{...}}")
    return said
