"""What a person asks: a command and the words behind it become a question, or what was wrong."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

COMMANDS = ("start", "help", "report", "churn", "atrisk", "cohorts", "product")

LONGEST_WINDOW = 3650  # days
SOME_CUSTOMERS = 5
MOST_CUSTOMERS = 20


@dataclass(frozen=True)
class AskHelp:
    """What can be asked."""


@dataclass(frozen=True)
class AskReport:
    """The weekly report."""


@dataclass(frozen=True)
class AskChurn:
    """Who has not ordered for more than `days`; None is the shop's own window."""

    days: int | None = None


@dataclass(frozen=True)
class AskAtRisk:
    """The customers with the most at stake."""

    customers: int = SOME_CUSTOMERS


@dataclass(frozen=True)
class AskCohorts:
    """Who came back, by the month of the first order."""


@dataclass(frozen=True)
class AskProduct:
    """The products whose name holds this one."""

    name: str


@dataclass(frozen=True)
class Misasked:
    """A question that cannot be answered as it was written."""

    command: str


Question = AskHelp | AskReport | AskChurn | AskAtRisk | AskCohorts | AskProduct | Misasked


def question(command: str, words: Sequence[str]) -> Question:
    """The question that a command, one of COMMANDS, asks together with the words behind it."""
    match command:
        case "report":
            return AskReport()
        case "churn":
            if not words:
                return AskChurn()
            days = _number(words)
            is_window = days is not None and 1 <= days <= LONGEST_WINDOW
            return AskChurn(days) if is_window else Misasked(command)
        case "atrisk":
            if not words:
                return AskAtRisk()
            customers = _number(words)
            if not customers:
                return Misasked(command)
            return AskAtRisk(min(customers, MOST_CUSTOMERS))
        case "cohorts":
            return AskCohorts()
        case "product":
            name = " ".join(words)
            return AskProduct(name) if folded(name) else Misasked(command)
        case _:
            return AskHelp()


def folded(name: str) -> str:
    """A name without what people leave out when they look for it: accents, capitals, spaces."""
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
    return " ".join("".join(char for char in letters if not unicodedata.combining(char)).split())


def _number(words: Sequence[str]) -> int | None:
    """The one word as a whole number, None where it is none or longer than any that makes sense."""
    [word, *more] = words
    is_number = word.isascii() and word.isdigit() and len(word) <= 9 and not more
    return int(word) if is_number else None
