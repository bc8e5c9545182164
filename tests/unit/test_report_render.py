"""The formats of the message: sound in Telegram whatever the data, the same bytes every time."""

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import pytest

from include.report.message import Fact, Mark, Message, Section, build_message
from include.report.preview import write_whole
from include.report.read import Prediction, Report, ShopTotals, WeekFigures
from include.report.render import html_page, plain_text, telegram_html
from tests.integration.fake_telegram import LONGEST_TEXT, MOST_ENTITIES, parse_html

NASTY = [
    '<b>&"Café" 50% off <script>',
    "n" * 300,
    "☕️👨‍👩‍👧‍👦🏳️‍🌈" * 40,
    "قهوة عربية </b> ממתק",
    "{braces} %s \\ \x00 line\nbreak",
    "",
    " ",
]


def report_with(name: str, scale: int = 1) -> Report:
    """A report in which every text is `name`, and the figures are `scale` times some."""
    week = WeekFigures(
        orders=231 * scale,
        cancelled_orders=12 * scale,
        cancellation_rate=Decimal("0.0519"),
        top_cancellation_reason=name,
        revenue=Decimal("48213.50") * scale,
        new_customers=21 * scale,
        churned_customers=9 * scale,
        reactivated_customers=4 * scale,
        active_customers_at_start=402 * scale,
        active_customers_at_end=418 * scale,
        churn_rate=Decimal("0.0224"),
        inactive_share=Decimal("0.3339"),
        dearest_product_name=name,
        dearest_product_price=Decimal("2499.90") * scale,
    )
    totals = ShopTotals(
        date(2026, 11, 16),
        4339 * scale,
        1449 * scale,
        Decimal("0.3339"),
        2845 * scale,
        Decimal("0.6557"),
        25897 * scale,
        3836 * scale,
        Decimal("0.1481"),
        Decimal("10655622.48") * scale,
        name,
        Decimal("3199.00"),
        "mixed",
        99 * scale,
    )
    before = replace(week, dearest_product_name=f"{name} before", revenue=Decimal(1))
    prediction = Prediction(
        as_of_on=date(2026, 11, 16),
        parameters_as_of_on=date(2026, 11, 8),
        declined_because=None,
        at_risk_customers=57 * scale,
        value_at_stake=Decimal("3210.50") * scale,
        holdout_weeks=13,
        holdout_correlation=Decimal("0.597"),
    )
    return Report(
        as_of_on=date(2026, 11, 16),
        week_starts_on=date(2026, 11, 9),
        week_ends_on=date(2026, 11, 15),
        currency="BRL",
        week=week,
        week_before=before,
        totals=totals,
        prediction=prediction,
    )


@pytest.mark.parametrize("lang", ["en", "pt_BR"])
@pytest.mark.parametrize("name", NASTY)
def test_the_message_is_sound_telegram_html_within_its_limits(name: str, lang: str) -> None:
    for scale in (0, 1, 10**9):
        html = telegram_html(build_message(report_with(name, scale), lang, 90))
        text, entities = parse_html(html)
        assert 0 < len(text) < LONGEST_TEXT / 2
        assert 0 < len(entities) <= MOST_ENTITIES / 2


def test_what_comes_from_data_is_shown_as_it_is() -> None:
    html = telegram_html(build_message(report_with('<b>&"Café" 50% off <script>'), "en", 90))
    assert '&lt;b&gt;&amp;"Café" 50% off &lt;script&gt;' in html
    assert '<b>&"Café" 50% off <script>' in parse_html(html)[0]


MESSAGE = Message(
    lang="en",
    as_of="Nov 16, 2026",
    title="Title",
    subtitle="Week",
    sections=(
        Section(
            "Customers",
            (
                Fact("Active", "418", "▲ 4%", Mark.GOOD),
                Fact("Churned", "9", "▲ was 6", Mark.BAD, "a detail"),
                Fact("Reactivated", "1,004"),
            ),
        ),
    ),
    so_far_heading="So far",
    so_far="941 customers",
    notes=("One.", "Two."),
    warnings=("Beware.",),
)


def test_telegram_shows_labels_and_bold_values_with_marks() -> None:
    assert telegram_html(MESSAGE) == (
        "📊 <b>Title</b>\nWeek\n\n"
        "<b>Customers</b>\n"
        "🟢 Active  <b>418</b>  ▲ 4%\n"
        "🟥 Churned  <b>9</b>  ▲ was 6\n"
        "↳ <i>a detail</i>\n"
        "▫️ Reactivated  <b>1,004</b>\n\n"
        "<b>So far</b>\n941 customers\n\n"
        "⚠️ Beware.\n\n"
        "<i>One. Two.</i>"
    )


def test_the_terminal_shows_the_figures_in_columns() -> None:
    assert plain_text(MESSAGE) == (
        "📊 Title\nWeek\n\n"
        "Customers\n"
        "🟢 Active         418  ▲ 4%\n"
        "🟥 Churned          9  ▲ was 6\n"
        "   ↳ a detail\n"
        "▫️ Reactivated  1,004\n\n"
        "So far\n941 customers\n\n"
        "⚠️ Beware.\n\n"
        "One. Two.\n"
    )


class Page(HTMLParser):
    """Whether a page is well-formed, and what it wants from elsewhere."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.opened: list[str] = []
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes |= {name for name, _ in attrs}
        if tag != "meta":
            self.opened.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.opened.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("lang", ["en", "pt_BR"])
@pytest.mark.parametrize("name", NASTY)
def test_the_page_is_whole_and_needs_nothing_from_elsewhere(name: str, lang: str) -> None:
    html = html_page(build_message(report_with(name), lang, 90))
    page = Page(html)
    assert page.opened == []
    assert page.attributes == {"lang", "charset", "name", "content", "class"}
    assert not re.search(r"https?:|url\(|@import|<script", html)


def test_the_page_shows_the_very_message() -> None:
    assert f">{telegram_html(MESSAGE)}</div>" in html_page(MESSAGE)


def test_the_same_rows_give_the_same_bytes() -> None:
    def rendered() -> tuple[str, str, str]:
        message = build_message(report_with("Café"), "pt_BR", 90)
        return telegram_html(message), plain_text(message), html_page(message)

    assert rendered() == rendered()


def test_a_file_that_cannot_be_written_whole_leaves_the_old_one(tmp_path: Path) -> None:
    file = tmp_path / "out" / "report.txt"
    write_whole(file, "old")
    with pytest.raises(UnicodeEncodeError):
        write_whole(file, "new" * 100_000 + "\ud800")
    assert file.read_text() == "old"
    assert list(file.parent.iterdir()) == [file]
