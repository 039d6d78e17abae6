"""The addresses of bills: the desk, one bill, one line, the sheet to print, files, acts; and a customer's own."""

from aiohttp import web

from collector.web.pages.bills import acts
from collector.web.pages.bills.desk import desk_page
from collector.web.pages.bills.files import bill_file
from collector.web.pages.bills.line import draft_line_page, line_page
from collector.web.pages.bills.own import own_bills_page, own_draft_line_page, own_draft_page
from collector.web.pages.bills.sheet import bill_page, draft_page
from collector.web.pages.forms import posted
from collector.web.pages.rendering import page


def add_to(app: web.Application) -> None:
    get, post = app.router.add_get, app.router.add_post
    get("/bills", page("bills/desk.html", desk_page))
    get(r"/bills/{bill:\d+}", page("bills/bill.html", bill_page))
    get(r"/bills/{bill:\d+}/print", page("bills/print.html", bill_page))
    get(r"/bills/{bill:\d+}/bill.{form:csv|xlsx}", bill_file)
    get(r"/bills/{bill:\d+}/lines/{place}", page("bills/line.html", line_page))
    get("/bills/drafts/{account}/{month}/{currency}", page("bills/bill.html", draft_page))
    get("/bills/drafts/{account}/{month}/{currency}/lines/{place}", page("bills/line.html", draft_line_page))
    get("/portal/bills", page("portal/bills.html", own_bills_page))
    get(r"/portal/bills/{bill:\d+}", page("bills/bill.html", bill_page))
    get(r"/portal/bills/{bill:\d+}/print", page("bills/print.html", bill_page))
    get(r"/portal/bills/{bill:\d+}/lines/{place}", page("bills/line.html", line_page))
    get("/portal/bills/drafts/{month}/{currency}", page("bills/bill.html", own_draft_page))
    get("/portal/bills/drafts/{month}/{currency}/lines/{place}", page("bills/line.html", own_draft_line_page))
    post("/acts/bills/credit-notes", posted(acts.credit_proposed))
    post("/acts/bills/credit-notes/decide", posted(acts.credit_decided))
    post("/acts/bills/disputes", posted(acts.line_contested))
    post("/acts/bills/disputes/settle", posted(acts.dispute_settled))
