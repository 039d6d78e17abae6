"""The policy: every weight and threshold of the health model, from one file. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Policy:
    """A policy file as the model uses it. `hash` names it in every score."""

    text: str
    hash: str

    @classmethod
    def load(cls, text: str) -> "Policy":
        """Read a policy file's TOML. Raises PolicyInvalid with the entry and the remedy."""
        raise NotImplementedError


DEFAULT = Policy(text="", hash="")
