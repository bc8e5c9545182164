"""One page of the dashboard without a browser: what Streamlit would send to it."""

from typing import Any

from streamlit.testing.v1 import AppTest

from include.dashboard import readers


def page(
    name: str, *, lang: str = "en", role: str = "owner", personal_data: str = "full", **asked: str
) -> AppTest:
    """A page of the warehouse in the environment, as somebody sees it; `asked` is its address."""
    readers.close()
    app = AppTest.from_function(_shown, args=(name, lang, role, personal_data), default_timeout=60)
    for key, value in asked.items():
        app.query_params[key] = value
    return app.run()


def texts(app: AppTest) -> str:
    """Everything that can be read on a page, tables included."""
    elements: list[Any] = [
        *app.title, *app.subheader, *app.caption, *app.markdown, *app.metric, *app.info,
        *app.warning, *app.success, *app.error,
    ]  # fmt: skip
    read = [f"{one.label} {one.value}" if one.type == "metric" else one.value for one in elements]
    return "\n".join([*read, *(table.value.to_csv() for table in app.dataframe)])


def _shown(name: str, lang: str, role: str, personal_data: str) -> None:
    # Streamlit runs the source of this function as a script of its own
    from collections import defaultdict

    import streamlit as st

    from include.dashboard.script import PAGES
    from include.dashboard.visit import WORDS, Visit, build
    from include.dashboard.who import Role, Visitor
    from include.report.wording import Wording
    from include.settings import PersonalData, load_settings

    visitor = Visitor("ana", Role[role.upper()], PersonalData(personal_data))
    pages: dict[str, st.Page] = defaultdict(lambda: st.Page(lambda: None, url_path="elsewhere"))
    PAGES[name](Visit(Wording(lang, WORDS), visitor, build(), load_settings(), pages))
