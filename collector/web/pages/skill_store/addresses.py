"""The addresses of the skill store's pages, its files and its acts."""

from aiohttp import web

from collector.web.pages.forms import posted
from collector.web.pages.rendering import page
from collector.web.pages.skill_store import acts
from collector.web.pages.skill_store.catalogue import catalogue_page
from collector.web.pages.skill_store.held_back import held_back_file, held_back_page
from collector.web.pages.skill_store.licences import account_licences_page, licences_page
from collector.web.pages.skill_store.recall import recall_page
from collector.web.pages.skill_store.review import reviews_page, submission_page
from collector.web.pages.skill_store.skill import skill_page


def add_to(app: web.Application) -> None:
    get, post = app.router.add_get, app.router.add_post
    get("/skills/catalogue", page("skill_store/catalogue.html", catalogue_page, inside=True))
    get("/skills/catalogue/{skill}", page("skill_store/skill.html", skill_page, inside=True))
    get("/skills/catalogue/{skill}/recalls/{digest}", page("skill_store/recall.html", recall_page, inside=True))
    get("/skills/licences", page("skill_store/licences.html", licences_page, inside=True))
    get("/accounts/{account}/licences", page("skill_store/account.html", account_licences_page, inside=True))
    get("/skills/held-back", page("skill_store/held_back.html", held_back_page, inside=True))
    get("/skills/held-back.{form:csv|xlsx}", held_back_file)
    get("/skills/review", page("skill_store/reviews.html", reviews_page))
    get("/skills/review/{submission}", page("skill_store/submission.html", submission_page))
    post("/acts/catalogue/state", posted(acts.state_changed))
    post("/acts/catalogue/industries", posted(acts.industries_changed))
    post("/acts/catalogue/price", posted(acts.price_set))
    post("/acts/catalogue/recall", posted(acts.recalled))
    post("/acts/entitlements", posted(acts.entitled))
    post("/acts/entitlements/end", posted(acts.entitlement_ended))
    post("/acts/seats", posted(acts.seat_given))
    post("/acts/seats/end", posted(acts.seat_taken))
    post("/acts/submissions/approve", posted(acts.submission_approved))
    post("/acts/submissions/refuse", posted(acts.submission_refused))
    post("/acts/submissions/check", posted(acts.submission_checked))
    post("/acts/submissions/take-back", posted(acts.submission_taken_back))
