"""The addresses of one's own page and of the administrator's pages."""

from aiohttp import web

from collector.web.pages import admin, importing, me
from collector.web.pages.forms import posted
from collector.web.pages.rendering import page


def add_to(app: web.Application) -> None:
    get, post = app.router.add_get, app.router.add_post
    get("/me", page("me.html", me.my_page))
    post("/me/password", posted(me.change_password))
    post("/me/language", posted(me.change_language))
    post("/me/tour/end", posted(me.end_tour))
    post("/me/second-factor", posted(me.begin_factor))
    post("/me/second-factor/confirm", posted(me.confirm_factor))
    post("/me/second-factor/remove", posted(me.remove_factor))
    post("/me/recovery-codes", posted(me.new_codes))
    post("/me/company/unlink", posted(me.unlink_company))
    post("/me/sessions/end", posted(me.end_session))
    post("/me/tokens", posted(me.make_token))
    post("/me/tokens/revoke", posted(me.revoke_token))
    get("/admin/people", page("admin/people.html", admin.people_page))
    post("/admin/people", posted(admin.add_person))
    get("/admin/people/{person}", page("admin/person.html", admin.person_page))
    post("/admin/people/{person}", posted(admin.change_person))
    post("/admin/people/{person}/link", posted(admin.link_person))
    post("/admin/people/{person}/disable", posted(admin.disable_person))
    post("/admin/people/{person}/enable", posted(admin.enable_person))
    post("/admin/people/{person}/second-factor", posted(admin.drop_factor))
    get("/admin/tokens", page("admin/tokens.html", admin.tokens_page))
    get("/admin/sessions", page("admin/sessions.html", admin.sessions_page))
    get("/admin/audit", page("admin/audit.html", admin.audit_page))
    get("/admin/settings", page("admin/settings.html", admin.settings_page))
    get("/admin/imports", page("admin/imports.html", importing.all_imports))
    post("/admin/imports", importing.bring)
    post("/admin/imports/{import}/undo", posted(admin.undo_import))
    get("/admin/notices", page("admin/notices.html", admin.notices_page))
    post("/admin/notices/channels/{channel}/test", posted(admin.try_channel))
    post("/admin/notices/{notice}/resend", posted(admin.resend_notice))
