"""What can go wrong in a simulation.

SimulationError            the run cannot go on; the message is the remedy
├── PlanError              a fault plan or an option that cannot be
└── LinkDown               a connection was refused or lost; robots try again
    └── Refused            the broker said no for good: a wrong password, a forbidden client id
"""


class SimulationError(Exception):
    """The run cannot go on."""


class PlanError(SimulationError):
    """A fault plan or an option that cannot be."""


class LinkDown(SimulationError):
    """A connection was refused or lost."""


class Refused(LinkDown):
    """The broker said no for good."""
