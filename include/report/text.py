"""Names of products and customers, whatever they hold, as they can stand in a message."""

import unicodedata

_JOINERS = "\u200c\u200d"  # join emoji, and part Persian words


def one_line(text: str) -> str:
    """The text in one line, without control characters and whatever else turns a line around."""
    return "".join(
        char
        for char in " ".join(text.split())
        if unicodedata.category(char) not in ("Cc", "Cf", "Co", "Cs") or char in _JOINERS
    )


def plain(text: str, longest: int) -> str:
    """The text in one line of at most `longest` characters.

    Text written from right to left is isolated, so that it does not turn the figures around it.
    """
    kept = one_line(text)
    if len(kept) > longest:
        cut = longest - 1
        while cut and (unicodedata.combining(kept[cut]) or kept[cut] in "\u200d\ufe0f"):
            cut -= 1  # not through the middle of a letter with its accents
        kept = kept[:cut].rstrip(" \u200d,;:-–") + "…"
    if any(unicodedata.bidirectional(char) in ("R", "AL") for char in kept):
        return f"\u2068{kept}\u2069"
    return kept


def masked(name: str) -> str:
    """A name that only who knows the person recognises: "Ana Souza" is "A••• S•••"."""
    return " ".join(f"{_first_letter(word)}•••" for word in one_line(name).split())


def _first_letter(word: str) -> str:
    """The first letter with its accents, or the first emoji with all it is joined of."""
    end = 1
    while end < len(word) and (
        unicodedata.combining(word[end])
        or unicodedata.category(word[end]) == "Sk"  # the tone of a skin
        or word[end] in "\u200d\ufe0f"
        or word[end - 1] == "\u200d"
    ):
        end += 1
    return word[:end]
