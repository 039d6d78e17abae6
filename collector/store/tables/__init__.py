"""The schema, one file for each domain, for SQLite and PostgreSQL."""

from importlib import import_module
from pkgutil import iter_modules

from sqlalchemy import MetaData


def whole_schema() -> MetaData:
    """Every table there is: each module adds its own to the one metadata when it is imported."""
    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
    metadata: MetaData = import_module(f"{__name__}.fleet").metadata
    return metadata
