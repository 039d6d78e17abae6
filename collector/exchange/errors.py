"""What ends an import, an export or a comparison. Each message names the remedy.

CollectorError
└── ExchangeError
    ├── BadFile      the file cannot be taken as it is
    └── RemoteError  the collector at --url did not answer, or refused
"""

from collector.errors import CollectorError


class ExchangeError(CollectorError):
    pass


class BadFile(ExchangeError):
    pass


class RemoteError(ExchangeError):
    pass
