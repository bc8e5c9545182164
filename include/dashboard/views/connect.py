"""Connect: how the figures get into a tool of one's own."""

import streamlit as st

from include.dashboard import show
from include.dashboard.visit import Visit


def page(visit: Visit) -> None:
    """Show the page."""
    words = visit.words
    show.head(visit, "connect")
    st.subheader("SQL", anchor=False)
    st.markdown(words.text("connect_sql"))
    st.subheader("API", anchor=False)
    st.markdown(words.text("connect_api"))
