"""A file a page: what it reads, and how it shows it.

Not called pages: Streamlit takes the files of a folder of that name for pages of its own.
"""
