"""A skill's manifest: `Manifest`, read from the author's `skill.toml` or from a package. Pure."""

from opk_skills.manifest.manifest import Manifest
from opk_skills.manifest.reading import parse

__all__ = ["Manifest", "parse"]
