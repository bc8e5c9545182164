"""When people shop: hours, weekdays, months and the feasts of Brazilian retail.

Seconds count from the shop's opening, midnight in America/Sao_Paulo. Nothing here is random.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np

from include.demo_shop.draws import Floats, Ints

OPENED_ON = date(2023, 11, 13)
THIRD_BIRTHDAY = date(2026, 11, 16)
# America/Sao_Paulo has been three hours behind UTC all year since 2019.
OPENED_AT = int(datetime(2023, 11, 13, 3, tzinfo=UTC).timestamp())

DAY = 86_400
HOUR = 3_600

BY_HOUR = np.array(
    [12, 6, 4, 3, 3, 5, 12, 22, 36, 48, 56, 58, 56, 52, 54, 55, 54, 52, 52, 58, 66, 66, 50, 28],
    dtype=float,
)
BY_WEEKDAY = (1.10, 1.08, 1.06, 1.04, 1.02, 0.90, 0.80)  # Monday to Sunday
BY_MONTH = (0.87, 0.86, 0.95, 0.97, 1.03, 1.00, 0.96, 0.99, 0.96, 1.02, 1.15, 1.10)


def seconds_to(day: date) -> int:
    """Seconds from the opening to the first moment of a day."""
    return (day - OPENED_ON).days * DAY


def black_friday(year: int) -> date:
    """The day after the fourth Thursday of November."""
    first = date(year, 11, 1)
    return first + timedelta((3 - first.weekday()) % 7 + 22)


def _second_sunday(year: int, month: int) -> date:
    first = date(year, month, 1)
    return first + timedelta((6 - first.weekday()) % 7 + 7)


def _is_before(day: date, feast: date, days: int) -> bool:
    return feast - timedelta(days) <= day < feast


def _feasts(day: date) -> float:
    year = day.year
    after_black_friday = (day - black_friday(year)).days
    if -4 <= after_black_friday <= 3:
        # Monday to Monday, the Friday on top
        return (1.3, 1.3, 1.5, 1.8, 3.0, 2.0, 1.6, 1.9)[after_black_friday + 4]
    if _is_before(day, date(year, 12, 21), 13):
        return 1.35
    if day.month == 12 and day.day in (24, 25, 31):
        return 0.5
    if _is_before(day, _second_sunday(year, 5), 11):  # Mother's day
        return 1.4
    if (
        _is_before(day, date(year, 6, 12), 8)  # Dia dos Namorados
        or _is_before(day, _second_sunday(year, 8), 7)  # Father's day
        or _is_before(day, date(year, 10, 12), 8)  # Children's day
    ):
        return 1.2
    return 1.0


def promotion_share(day: date) -> float:
    """Share of a day's orders that get a discount."""
    if -4 <= (day - black_friday(day.year)).days <= 3:
        return 0.75
    return 0.35 if day.month == 11 else 0.15


def days_until(end: date) -> list[date]:
    """Every day from the opening to the one before `end`."""
    return [OPENED_ON + timedelta(n) for n in range((end - OPENED_ON).days)]


@dataclass(frozen=True)
class Clock:
    """A clock that runs faster when more is bought: `readings` at the start of each hour."""

    readings: Floats

    def read(self, seconds: Ints) -> Floats:
        """Clock readings at these moments."""
        hour = seconds // HOUR
        start = self.readings[hour]
        return start + (self.readings[hour + 1] - start) * ((seconds % HOUR) / HOUR)

    def moment(self, readings: Floats) -> Ints:
        """The inverse of `read` in whole seconds; the end where the clock never gets there."""
        # Not np.interp: its rounding may change with the length of the table.
        hour = np.searchsorted(self.readings, readings, side="right") - 1
        hour = np.minimum(hour, len(self.readings) - 2)
        start = self.readings[hour]
        share = (readings - start) / (self.readings[hour + 1] - start)
        seconds: Ints = hour * HOUR + np.floor(np.minimum(share, 1) * HOUR).astype(np.int64)
        return seconds


def clocks(end: date) -> tuple[Clock, Clock]:
    """Clocks of purchases and of acquisitions from the opening to `end` or the third birthday.

    They run a day longer, so that the end itself can be read. The purchase clock advances by one
    a week on average. The acquisition clock also knows that the shop grows; it starts at 0 and
    shows 1 at the third birthday.
    """
    days = days_until(max(end, THIRD_BIRTHDAY) + timedelta(1))
    season = [BY_WEEKDAY[d.weekday()] * BY_MONTH[d.month - 1] * _feasts(d) for d in days]
    growth = 0.6 + 0.8 * np.arange(len(days)) / (THIRD_BIRTHDAY - OPENED_ON).days
    birthday = (THIRD_BIRTHDAY - OPENED_ON).days * 24

    def clock(by_day: Floats, at_birthday: float) -> Clock:
        readings = np.cumsum(np.concatenate([[0.0], np.outer(by_day, BY_HOUR).ravel()]))
        return Clock(readings * (at_birthday / readings[birthday]))

    return clock(np.array(season), birthday / (24 * 7)), clock(np.array(season) * growth, 1.0)
