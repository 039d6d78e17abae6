"""What can go wrong between a signed document and an installed package.

SkillError
├── Untrusted     signed by nobody who may, older than what was seen, or other bytes than were signed
├── Unreachable    the repository did not answer, or too slowly; it is tried again
└── StateLost      the robot's own record of what it has seen cannot be read
"""


class SkillError(Exception):
    """`code` is one word for reports; the text is for people."""

    code = "failed"


class Untrusted(SkillError):
    """It is not used, and the same bytes will not be accepted later."""

    code = "not_trusted"


class Unreachable(SkillError):
    """Nothing is wrong with the package; it did not arrive."""

    code = "unreachable"


class StateLost(SkillError):
    """The record of what was seen is damaged. Only a person who knows why may begin it anew."""

    code = "state_lost"
