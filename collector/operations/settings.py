"""What this installation is set to."""

from dataclasses import dataclass

from pydantic import SecretStr

from collector.access.caller import ADMINS
from collector.config import Settings
from collector.context import Context
from collector.operations.operation import operation


@dataclass(frozen=True, slots=True)
class StatedSetting:
    """`value` as a file would say it, of a secret whether it is set. `is_default`: nobody stated it otherwise."""

    name: str
    value: str
    is_default: bool
    about: str


@operation(roles=ADMINS, needs_store=False)
def list_settings(context: Context, _: None) -> list[StatedSetting]:
    """Every setting with its value. They are read once, at the start: a change takes effect with the next one."""
    found = []
    for name, field in Settings.model_fields.items():
        value = getattr(context.settings, name)
        is_default = value == field.default
        shown = ("default" if is_default else "set, not shown") if isinstance(value, SecretStr) else _said(value)
        found.append(StatedSetting(name, shown, is_default, field.description or ""))
    return found


def _said(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
