"""What can be wrong with keys and signed documents.

TrustError
├── KeyProblem   a key file that cannot be used
└── NotTrusted   a document that nobody who may has signed, or that says what it must not
"""


class TrustError(Exception):
    """`reason`: what is wrong; `remedy`: what to do. Both English; whoever shows them translates."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(f"{reason}: {remedy}")
        self.reason, self.remedy = reason, remedy


class KeyProblem(TrustError):
    """A key file cannot be used."""


class NotTrusted(TrustError):
    """A document is not what its signers would have to vouch for."""
