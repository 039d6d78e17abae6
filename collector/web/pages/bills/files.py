"""A closed bill as a file from its page."""

from typing import Literal

from aiohttp import web

from collector.operations import skill_bill_files
from collector.web.api.uploads import sent, spooled
from collector.web.pages.rendering import visit


async def bill_file(request: web.Request) -> web.StreamResponse:
    """The operation judges who may have it."""
    call, _ = await visit(request, inside=False)
    bill = call.number("bill")
    form: Literal["csv", "xlsx"] = "xlsx" if request.match_info["form"] == "xlsx" else "csv"
    with spooled() as file:
        await call.do(skill_bill_files.export_skill_bill, skill_bill_files.ExportBill(bill, form, file))
        return await sent(call, file, f"bill-{bill}", form)
