"""The buttons below a list, with which people note what they did about a customer of it.

A button's data are all that comes back of it when somebody taps, at most 64 bytes: what is noted,
the as-of date of the list, the customer's key, and the customer's number in the answer.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from include.contacts.note import Outcome
from include.report.wording import Wording
from include.telegram.client import Tap

_DATA = re.compile(r"(?P<outcome>[cnwu]):(?P<day>\d{8}):(?P<key>[0-9a-f]{32}):(?P<number>\d{1,2})")
_LETTERS = {
    "c": Outcome.CONTACTED,
    "n": Outcome.NOT_NOW,
    "w": Outcome.WRONG_PERSON,
    "u": Outcome.UNDONE,
}
_LETTER_OF = {outcome: letter for letter, outcome in _LETTERS.items()}


@dataclass(frozen=True)
class Listed:
    """A customer of a list as it was answered: the number there, and whose list it was."""

    number: int
    customer_key: str
    listed_on: date


def keyboard(
    listed: Sequence[Listed], noted: Mapping[str, Outcome], words: Wording
) -> tuple[tuple[Tap, ...], ...]:
    """A row of buttons a customer; `noted` is what holds of them already, by their keys."""
    return tuple(buttons(one, noted.get(one.customer_key), words) for one in listed)


def buttons(listed: Listed, noted: Outcome | None, words: Wording) -> tuple[Tap, ...]:
    """What can be noted of a customer, or what was and can be undone."""
    if noted is not None and noted is not Outcome.UNDONE:
        says = words.text("bot_undo", noted=words.text(f"contact_{noted}"))
        return (_button(listed, says, Outcome.UNDONE),)
    return tuple(
        _button(listed, words.text(f"contact_{outcome}"), outcome)
        for outcome in (Outcome.CONTACTED, Outcome.NOT_NOW, Outcome.WRONG_PERSON)
    )


def tapped(data: str) -> tuple[Listed, Outcome] | None:
    """Whom a tap is about, and what it notes; None where it is no tap of ours."""
    found = re.fullmatch(_DATA, data)
    if found is None:
        return None
    try:
        listed_on = datetime.strptime(found["day"], "%Y%m%d").date()  # noqa: DTZ007 - a day
    except ValueError:
        return None
    key = str(UUID(found["key"]))
    return Listed(int(found["number"]), key, listed_on), _LETTERS[found["outcome"]]


def _button(listed: Listed, says: str, outcome: Outcome) -> Tap:
    key, day = UUID(listed.customer_key).hex, f"{listed.listed_on:%Y%m%d}"
    data = f"{_LETTER_OF[outcome]}:{day}:{key}:{listed.number}"
    return Tap(f"{listed.number} {says}", data)
