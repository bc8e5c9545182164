"""The report's words in each language, and numbers, money and dates as each language writes them.

The words are in `words/`; what is said about which figure is decided where it is said.
"""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from babel import Locale
from babel.dates import format_date, format_interval, format_skeleton
from babel.numbers import (
    format_compact_decimal,
    format_currency,
    format_decimal,
    format_percent,
    get_currency_precision,
    get_decimal_symbol,
)

from include.errors import UserError

LANGUAGES = ("en", "pt_BR")

Catalogue = dict[str, str | dict[str, str]]
"""Words by their key; those with plural forms by CLDR's plural categories, "other" always."""

NOT_KNOWN = "–"


@cache
def catalogue(lang: str, folder: Path = Path(__file__).parent / "words") -> Catalogue:
    """The words of a language, from `<lang>.yml` of a folder: the report's own by default."""
    words: Catalogue = yaml.load((folder / f"{lang}.yml").read_bytes(), Loader=yaml.CSafeLoader)
    return words


class Wording:
    """One language's words and number formats; a value that is None is written as a dash."""

    def __init__(self, lang: str, *more: Path) -> None:
        """The report's words, and those in further folders."""
        if lang not in LANGUAGES:
            known = " and ".join(LANGUAGES)
            raise UserError(f"The report has no language {lang!r}: it is written in {known}.")
        self.lang = lang
        self._words = dict(catalogue(lang))
        for folder in more:
            self._words |= catalogue(lang, folder)
        self._locale = Locale.parse(lang)

    @property
    def has_decimal_comma(self) -> bool:
        """Whether the language writes 1,5 for one and a half."""
        return bool(get_decimal_symbol(self._locale) == ",")

    def text(self, key: str, **values: str) -> str:
        """The words of `key` with their placeholders filled in."""
        words = self._words[key]
        if isinstance(words, dict):
            raise TypeError(f"{key} has plural forms: use plural()")
        return words.format(**values)

    def plural(self, key: str, count: int) -> str:
        """The words of `key` in the plural form that `count` asks for."""
        forms = self._words[key]
        if isinstance(forms, str):
            raise TypeError(f"{key} has no plural forms: use text()")
        form = forms.get(self._locale.plural_form(count), forms["other"])
        return form.format(count=self.count(count))

    def count(self, number: int | Decimal | None) -> str:
        """So many: 4,339; of what is weighed 0.345."""
        if number is None:
            return NOT_KNOWN
        return str(format_decimal(number, format="#,##0.###", locale=self._locale))

    def short_count(self, number: int) -> str:
        """A count where there is little room: 10.2M; in full below a hundred thousand."""
        if number < 100_000:
            return self.count(number)
        three_digits = round(number, 3 - len(str(number)))
        return str(format_compact_decimal(three_digits, fraction_digits=1, locale=self._locale))

    def rate(self, fraction: Decimal | None) -> str:
        """A fraction as a percentage with one decimal: 0.3339 is 33.4%."""
        if fraction is None:
            return NOT_KNOWN
        return str(format_percent(fraction, format="#,##0.0%", locale=self._locale))

    def whole_rate(self, fraction: Decimal) -> str:
        """A fraction as a percentage where there is little room: 0.3339 is 33%."""
        return str(format_percent(fraction, format="#,##0%", locale=self._locale))

    def growth(self, fraction: Decimal) -> str:
        """A relative change as a percentage: a decimal below ten percent, none from there on."""
        pattern = "#,##0.#%" if fraction < Decimal("0.0995") else "#,##0%"
        return str(format_percent(fraction, format=pattern, locale=self._locale))

    def points(self, fraction: Decimal) -> str:
        """A difference of two rates in percentage points: 0.004 is 0.4 pp."""
        number = format_decimal(fraction * 100, format="#,##0.0", locale=self._locale)
        return self.text("points", value=number)

    def correlation(self, value: Decimal) -> str:
        """A correlation with two decimals: 0.63."""
        return str(format_decimal(value, format="0.00", locale=self._locale))

    def decimal(self, value: Decimal) -> str:
        """A number with one decimal: 4.2."""
        return str(format_decimal(value, format="#,##0.0", locale=self._locale))

    def money(self, amount: Decimal | None, currency: str | None) -> str:
        """An amount with its currency's sign; without one where `currency` is no ISO code.

        What is too small for the currency's smallest coin has all its digits: it is not nothing.
        """
        if amount is None:
            return NOT_KNOWN
        if currency and re.fullmatch("[A-Z]{3}", currency):
            is_tiny = _rounds_to_nothing(amount, get_currency_precision(currency))
            return str(
                format_currency(
                    amount, currency, locale=self._locale, decimal_quantization=not is_tiny
                )
            )
        places = "#,##0.00##" if _rounds_to_nothing(amount, 2) else "#,##0.00"
        return str(format_decimal(amount, format=places, locale=self._locale))

    def day(self, day: date) -> str:
        """A date: Nov 16, 2026."""
        return str(format_date(day, format="medium", locale=self._locale))

    def days(self, first: date, last: date) -> str:
        """A span of days, as short as it can be: Nov 9 to 15, 2026."""
        return str(format_interval(first, last, skeleton="yMMMd", locale=self._locale))

    def month(self, day: date) -> str:
        """The month of a date, abbreviated: Nov."""
        return str(format_date(day, format="LLL", locale=self._locale))

    def month_of_year(self, day: date) -> str:
        """The month of a date and its year: May 2026."""
        return str(format_skeleton("yMMM", day, locale=self._locale))

    def short_month(self, day: date) -> str:
        """The month of a date and its year, in numbers: 11/2026."""
        return str(format_skeleton("yM", day, locale=self._locale))

    def vega_locale(self) -> dict[str, dict[str, Any]]:
        """How a chart of Vega writes numbers and dates; its formats are those of d3."""
        of = self._locale
        symbols = of.number_symbols["latn"]
        return {
            "number": {
                "decimal": symbols["decimal"],
                "thousands": symbols["group"],
                "grouping": [3],
                "currency": ["", ""],
            },
            "time": {
                "dateTime": "%x %X",
                "date": "%x",
                "time": "%X",
                "periods": ["AM", "PM"],
                "days": _from_sunday(of.days["stand-alone"]["wide"]),
                "shortDays": _from_sunday(of.days["stand-alone"]["abbreviated"]),
                "months": [of.months["stand-alone"]["wide"][n] for n in range(1, 13)],
                "shortMonths": [of.months["stand-alone"]["abbreviated"][n] for n in range(1, 13)],
            },
        }


def _from_sunday(days: Mapping[int, str]) -> list[str]:
    return [days[number] for number in (6, 0, 1, 2, 3, 4, 5)]


def _rounds_to_nothing(amount: Decimal, places: int) -> bool:
    return amount != 0 and round(amount, places) == 0
