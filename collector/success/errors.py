"""What can go wrong with calls to action. Each message names the remedy.

CollectorError
└── SuccessError
    └── BadPlaybooks  playbooks.toml cannot be taken as it is
"""

from collector.errors import CollectorError


class SuccessError(CollectorError):
    pass


class BadPlaybooks(SuccessError):
    pass
