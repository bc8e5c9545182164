"""Shows a message where it is not sent: printed, and as files for the terminal and the browser."""

import os
from pathlib import Path

from include.report.message import Message
from include.report.render import html_page, plain_text


def preview(message: Message, out: Path) -> str:
    """Print the message and write it to `report.txt` and `report.html` in the folder `out`."""
    text = plain_text(message)
    print(text)
    write_whole(out / "report.txt", text)
    write_whole(out / "report.html", html_page(message))
    return f"Nothing was sent: the report is in {out / 'report.txt'} and {out / 'report.html'}."


def write_whole(path: Path, text: str) -> None:
    """Write a file completely or not at all: a reader never meets half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
