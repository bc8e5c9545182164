"""What Streamlit runs for each look at a page: who is it, which words, which page."""

from collections.abc import Callable
from functools import cache

import streamlit as st

from include.dashboard.views import (
    at_risk,
    churn,
    cohorts,
    connect,
    crm,
    data,
    enter_a_sale,
    overview,
    sales,
    value,
)
from include.dashboard.visit import WORDS, Build, Visit, build
from include.dashboard.who import visitor
from include.errors import TryAgainError, UserError
from include.report.wording import LANGUAGES, Wording
from include.settings import DashboardAuth, Settings, load_settings

Page = Callable[[Visit], None]
PAGES: dict[str, Page] = {
    "overview": overview.page,
    "at_risk": at_risk.page,
    "churn": churn.page,
    "cohorts": cohorts.page,
    "value": value.page,
    "sales": sales.page,
    "crm": crm.page,
    "data": data.page,
    "enter_a_sale": enter_a_sale.page,
    "connect": connect.page,
}
STYLE = "<style>.block-container{padding-top:4rem;padding-bottom:2rem}</style>"


def run() -> None:
    """Show the page that was asked for."""
    settings = _settings()
    words = Wording(_language(settings), WORDS)
    st.set_page_config(page_title=words.text("dashboard"), page_icon="📉", layout="wide")
    st.html(STYLE)
    who = visitor(settings, st.context.headers, _login(settings))
    if who is None:
        # at every page's address, so that none is answered as one that there is not
        ask = _ask_to_log_in(settings, words)
        st.navigation([_page(ask, words, name) for name in PAGES], position="hidden").run()
        return
    try:
        visit = Visit(words, who, _build(), settings)
        visit.pages.update(_pages(visit))
        st.navigation(list(visit.pages.values()), position="top").run()
    except UserError as error:
        st.error(str(error))
    _choose_language(words)


def _pages(visit: Visit) -> dict[str, st.Page]:
    return {
        name: _page(_shown(page, visit), visit.words, name)
        for name, page in PAGES.items()
        if _is_offered(name, visit)
    }


def _build() -> Build:
    """The marts as they are; while Postgres is away, as they were.

    A page that is not drawn forgets what was typed into it.
    """
    try:
        st.session_state["build"] = build()
    except TryAgainError:
        if "build" not in st.session_state:
            raise
    known: Build = st.session_state["build"]
    return known


def _is_offered(name: str, visit: Visit) -> bool:
    if name == "crm":
        return visit.has("{marts}.deals_by_stage")
    return name != "enter_a_sale" or visit.visitor.may_edit


def _page(shows: Callable[[], None], words: Wording, name: str) -> st.Page:
    title = words.text(f"page_{name}")
    return st.Page(shows, title=title, url_path=name, default=name == "overview")


def _shown(page: Page, visit: Visit) -> Callable[[], None]:
    return lambda: page(visit)


def _language(settings: Settings) -> str:
    """The visitor's: from the address, or as on the page before, whose address is gone."""
    asked = st.query_params.get("lang") or st.session_state.get("lang")
    lang = asked if asked in LANGUAGES else settings.report_lang
    st.session_state["lang"] = lang
    if lang != settings.report_lang:
        st.query_params["lang"] = lang
    return lang


def _choose_language(words: Wording) -> None:
    names = {"en": "English", "pt_BR": "Português"}

    def choose() -> None:
        st.query_params["lang"] = st.session_state["chosen_lang"]

    st.segmented_control(
        words.text("language"),
        LANGUAGES,
        default=words.lang,
        format_func=names.__getitem__,
        key="chosen_lang",
        on_change=choose,
        label_visibility="collapsed",
        required=True,
    )


def _login(settings: Settings) -> str | None:
    if settings.dashboard_auth is not DashboardAuth.OIDC or not st.user.is_logged_in:
        return None
    if st.user.get("email_verified") is False:  # a provider may let anybody write anybody's
        return None
    return str(st.user.email or "")


def _ask_to_log_in(settings: Settings, words: Wording) -> Callable[[], None]:
    def ask() -> None:
        st.title(words.text("dashboard"), anchor=False)
        if settings.dashboard_auth is DashboardAuth.OIDC:
            st.button(words.text("log_in"), on_click=st.login)
        else:
            st.error(words.text("no_proxy"))

    return ask


@cache
def _settings() -> Settings:
    return load_settings()


if __name__ == "__main__":
    run()
