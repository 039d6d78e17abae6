"""The addresses of a customer's portal."""

from aiohttp import web

from collector.web.pages.forms import posted
from collector.web.pages.portal.home import home_page
from collector.web.pages.portal.plan import help_page, plan_page, report_page
from collector.web.pages.portal.questions import rollout_answered
from collector.web.pages.portal.skills import choice_taken_back, skill_chosen, skill_page, skills_page, try_page
from collector.web.pages.portal.use import use_page
from collector.web.pages.rendering import page


def add_to(app: web.Application) -> None:
    get = app.router.add_get
    get("/portal", page("portal/home.html", home_page))
    get("/portal/use", page("portal/use.html", use_page))
    get("/portal/plan", page("portal/plan.html", plan_page))
    get("/portal/report", page("portal/report.html", report_page))
    get("/portal/help", page("portal/help.html", help_page))
    get("/portal/skills", page("portal/skills.html", skills_page))
    get("/portal/skills/{skill}", page("portal/skill.html", skill_page))
    get("/portal/skills/{skill}/try", page("portal/skill_try.html", try_page))
    app.router.add_post("/acts/skills", skill_chosen)
    app.router.add_post("/acts/skills/take-back", choice_taken_back)
    app.router.add_post("/acts/rollout-answers", posted(rollout_answered))
