"""What can be wrong with the health model's own input. Each message names the remedy.

CollectorError
└── HealthError
    └── PolicyInvalid  a policy file cannot be taken as it is
"""

from collector.errors import CollectorError


class HealthError(CollectorError):
    pass


class PolicyInvalid(HealthError):
    pass
