"""The agent's whole part in what is signed: it puts the envelope where the store process reads it, unopened."""

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edge_agent import whole_file

NAME = "desired.json"

logger = logging.getLogger(__name__)


def hand_over(folder: Path, envelope: Mapping[str, Any]) -> None:
    """Write it whole. A disk that does not take it is said once here; the document stays in the outbox."""
    content = json.dumps(envelope).encode()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / NAME
        if path.exists() and path.read_bytes() == content:
            return
        whole_file.write(path, content, None)
    except OSError as error:
        extra = {"action": "wish_not_kept"}
        logger.warning("the signed document of skills cannot be kept: %s", error.strerror, extra=extra)
