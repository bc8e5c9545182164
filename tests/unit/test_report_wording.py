"""Both languages say the same things, each in its own way of writing numbers, money and dates."""

import string
from datetime import date
from decimal import Decimal

import pytest

from include.errors import UserError
from include.report.wording import LANGUAGES, Wording, catalogue


def placeholders(words: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(words) if name}


def test_all_catalogues_have_the_same_keys() -> None:
    keys = {lang: sorted(catalogue(lang)) for lang in LANGUAGES}
    assert keys["pt_BR"] == keys["en"]


@pytest.mark.parametrize("key", catalogue("en"))
def test_a_key_has_the_same_placeholders_and_kind_in_every_language(key: str) -> None:
    english, portuguese = catalogue("en")[key], catalogue("pt_BR")[key]
    if isinstance(english, str):
        assert isinstance(portuguese, str)
        assert placeholders(portuguese) == placeholders(english)
    else:
        assert isinstance(portuguese, dict)
        assert "other" in english
        assert "other" in portuguese
        for form in (*english.values(), *portuguese.values()):
            assert placeholders(form) == {"count"}


def test_numbers_are_written_as_the_language_writes_them() -> None:
    english, portuguese = Wording("en"), Wording("pt_BR")
    assert english.count(4339) == "4,339"
    assert portuguese.count(4339) == "4.339"
    assert english.count(Decimal("3.0000")) == "3"
    assert portuguese.count(Decimal("0.3450")) == "0,345"
    assert english.rate(Decimal("0.3339")) == "33.4%"
    assert portuguese.rate(Decimal("0.3339")) == "33,4%"
    assert english.points(Decimal("0.004")) == "0.4 pp"
    assert portuguese.points(Decimal("0.004")) == "0,4 p.p."


def test_money_has_the_sign_and_the_separators_of_its_language() -> None:
    amount = Decimal("10655622.48")
    assert Wording("en").money(amount, "GBP") == "£10,655,622.48"
    assert Wording("pt_BR").money(amount, "BRL") == "R$\u00a010.655.622,48"


@pytest.mark.parametrize(
    ("amount", "currency", "written"),
    [
        ("0.0021", "BRL", "R$0.0021"),
        ("0.0021", None, "0.0021"),
        ("0.4000", "JPY", "¥0.4"),
        ("0.0150", "BRL", "R$0.02"),
        ("0.0000", "BRL", "R$0.00"),
    ],
)
def test_an_amount_below_a_cent_is_not_written_as_nothing(
    amount: str, currency: str | None, written: str
) -> None:
    assert Wording("en").money(Decimal(amount), currency) == written


@pytest.mark.parametrize("currency", [None, "mixed"])
def test_money_without_one_currency_is_a_plain_number(currency: str | None) -> None:
    assert Wording("en").money(Decimal("998029.08"), currency) == "998,029.08"


def test_a_short_count_has_three_digits_at_most_from_a_hundred_thousand_on() -> None:
    short = Wording("en").short_count
    assert [short(count) for count in (0, 99_999, 100_000, 729_297, 999_999, 10_234_567)] == [
        "0",
        "99,999",
        "100K",
        "729K",
        "1M",
        "10.2M",
    ]
    assert Wording("pt_BR").short_count(10_234_567) == "10,2\u00a0mi"


def test_a_span_of_days_names_a_month_only_where_it_changes() -> None:
    words = Wording("en")
    assert words.days(date(2026, 11, 9), date(2026, 11, 15)) == "Nov 9\u2009–\u200915, 2026"
    assert words.days(date(2026, 12, 28), date(2027, 1, 3)) == (
        "Dec 28, 2026\u2009–\u2009Jan 3, 2027"
    )


@pytest.mark.parametrize(
    ("lang", "count", "start"),
    [
        ("en", 0, "0 rows of"),
        ("en", 1, "1 row of"),
        ("en", 2, "2 rows of"),
        ("pt_BR", 1, "1 linha dos"),
        ("pt_BR", 2, "2 linhas dos"),
        ("pt_BR", 1_000_000, "1.000.000 linhas dos"),
    ],
)
def test_plurals_follow_the_language(lang: str, count: int, start: str) -> None:
    assert Wording(lang).plural("rejected", count).startswith(start)


def test_a_value_that_is_not_known_is_a_dash() -> None:
    words = Wording("en")
    assert (words.count(None), words.rate(None), words.money(None, "BRL")) == ("–", "–", "–")


def test_an_unknown_language_says_which_there_are() -> None:
    with pytest.raises(UserError, match="no language 'fr': it is written in en and pt_BR"):
        Wording("fr")
