"""What a figure means: the sections of docs/metrics.md, found by marts and words."""

import re

from include.paths import PROJECT

METRICS = PROJECT / "docs" / "metrics.md"
MOST = 3
"""Sections that are told of one word."""


def what_it_means(asked: str) -> list[str]:
    """The sections whose headings hold the words, else those whose text does, the first `MOST`."""
    text = METRICS.read_text(encoding="utf-8")
    sections = re.split(r"(?m)^(?=## )", text)[1:]
    words = re.findall(r"\w+", asked.lower())
    by_heading = [one for one in sections if _holds(one.partition("\n")[0], words)]
    by_text = [one for one in sections if _holds(one, words)]
    return [one.strip() for one in (by_heading or by_text)[:MOST]]


def _holds(text: str, words: list[str]) -> bool:
    lowered = text.lower()
    return bool(words) and all(word in lowered for word in words)
