"""API: what this installation is set to."""

from collector.operations import settings
from collector.operations.settings import StatedSetting
from collector.web.api.routing import Call, Query, Route


async def list_settings(call: Call, _: Query) -> list[StatedSetting]:
    """Of a secret, whether it is set."""
    return await call.do(settings.list_settings, None)


ROUTES: tuple[Route, ...] = (
    Route("GET", "/settings", "settings", "Every setting with its value; of a secret whether it is set",
          list[StatedSetting], list_settings, operation=settings.list_settings),
)  # fmt: skip
