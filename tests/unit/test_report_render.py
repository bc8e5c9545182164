"""The formats of the message: sound in Telegram whatever the data, the same bytes every time."""

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest

from include.paths import write_whole
from include.report.customers import customer_table
from include.report.history import History
from include.report.message import WARNED, Fact, Mark, Message, build_message
from include.report.read import (
    Driver,
    Outcomes,
    Prediction,
    Report,
    ShopTotals,
    Signal,
    TrendWeek,
    WeekFigures,
)
from include.report.render import html_page, plain_text, telegram_caption
from include.report.week_page import week_page
from include.report.wording import Wording
from include.settings import PersonalData
from tests.support.fake_telegram import LONGEST_CAPTION, MOST_ENTITIES, parse_html

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
        net_revenue=Decimal("48213.50") * scale,
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
        Decimal("0.6557"),
        25897 * scale,
        3836 * scale,
        Decimal("0.1481"),
        Decimal("10655622.48") * scale,
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
        first_customers=12 * scale,
        first_share=Decimal("0.8"),
        first_minutes=36 * scale,
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
        signals=tuple(
            Signal(figure, "above", low, 2 * low)
            for figure, low in (
                ("churn_rate", Decimal("0.01")),
                ("churned_customers", Decimal(4 * scale)),
                ("active_customers_at_end", Decimal(200 * scale)),
                ("revenue", Decimal("20000.50") * scale),
                ("new_customers", Decimal(10 * scale)),
                ("reactivated_customers", Decimal(2 * scale)),
                ("cancellation_rate", Decimal("0.02")),
            )
        ),
        trend=(
            TrendWeek(
                date(2026, 11, 9),
                418 * scale,
                21 * scale,
                4 * scale,
                9 * scale,
                Decimal("0.0224"),
                Decimal("0.01"),
                Decimal("0.02"),
                is_churn_rate_unusual=True,
            ),
        ),
        drivers=tuple(
            Driver(
                "first_product",
                name,
                50 * scale,
                10 * scale,
                Decimal("0.2"),
                Decimal("0.02"),
                Decimal("9.1") * scale,
            )
            for _ in range(3)
        ),
        customers_at_risk=(),
        failed_tests=2 * scale,
        warned_tests=dict.fromkeys((*WARNED, "another"), 2 * scale),
        sources_behind=(),
        sources_without_history=(),
        unread_files=(f"{name}.csv",) * min(scale, 9),
        outcomes=Outcomes(
            listed_on=date(2026, 10, 19),
            horizon_weeks=4,
            told_customers=52 * scale,
            told_returned=9 * scale,
            told_expected=Decimal("6.2") * scale,
            control_customers=12 * scale,
            control_returned=scale,
            effect="too_few_to_say",
            predicted_weeks=13,
            predicted_returns=Decimal("300.4") * scale,
            actual_returns=420 * scale,
            is_model_off=scale == 1,
        ),
    )


@pytest.mark.parametrize("lang", ["en", "pt_BR"])
@pytest.mark.parametrize("name", NASTY)
def test_the_caption_is_sound_telegram_html_within_its_limits(name: str, lang: str) -> None:
    for scale in (0, 1, 10**9):
        message = build_message(report_with(name, scale), lang, 90)
        for marker in ("", "Test, please ignore"):
            text, entities = parse_html(telegram_caption(message, marker))
            assert 400 < len(text) <= LONGEST_CAPTION
            assert message.verdict.split()[0] in text
            # the last to go are the definitions; with amounts of billions there is no room
            assert scale > 1 or message.notes[1] in text
            assert message.warnings[0][:20] in text
            assert 0 < len(entities) <= MOST_ENTITIES / 2


def test_what_comes_from_data_is_shown_as_it_is() -> None:
    report = replace(report_with('<b>&"Café" 50% off <script>'), signals=())  # room for names
    html = telegram_caption(build_message(report, "en", 90))
    assert 'began with &lt;b&gt;&amp;"Café" 50% off &lt;script&gt;' in html
    assert 'began with <b>&"Café" 50% off <script>' in parse_html(html)[0]


MESSAGE = Message(
    lang="en",
    title="Title",
    period="Week",
    as_of="Nov 16, 2026",
    verdict="Churn rose",
    mark=Mark.BAD,
    figures=(
        Fact("Churn rate", "4.1%", "▲ 0.2 pp", Mark.BAD, "usual 1% – 5%"),
        Fact("Active", "1,418", "▲ 4%", Mark.GOOD),
    ),
    drivers_heading="Who stands out",
    drivers=("Customers from SP",),
    at_risk="2 at risk",
    outcome="Of 3 told, 1 came back",
    details_heading="Details",
    details=((Fact("New", "9", "▲ was 6", Mark.GOOD), Fact("Lost", "3", "", Mark.BAD, "late")),),
    so_far="So far: 941",
    notes=("One.", "Two."),
    prediction="Foreseen.",
    warnings=("Beware.",),
)


def test_telegram_shows_what_matters_and_folds_the_rest_away() -> None:
    assert telegram_caption(MESSAGE) == (
        "🟥 <b>Churn rose</b>\nWeek\n\n"
        "🟥 Churn rate <b>4.1%</b> · ▲ 0.2 pp · usual 1% – 5%\n"
        "🟢 Active <b>1,418</b> · ▲ 4%\n\n"
        "<b>Who stands out</b>\n"
        "▸ Customers from SP\n\n"
        "⏳ <b>2 at risk</b>\n"
        "↩️ Of 3 told, 1 came back\n"
        "⚠️ Beware.\n\n"
        "<blockquote expandable><b>Details</b>\n"
        "New <b>9</b> ▲ was 6 · Lost <b>3</b> (late)\n"
        "So far: 941\n"
        "One. Two.\n"
        "Foreseen.</blockquote>"
    )


def test_that_nobody_stands_out_is_a_line_of_its_own() -> None:
    nobody = replace(MESSAGE, drivers_heading="Nobody stands out", drivers=())
    assert "▲ 4%\n\n<b>Nobody stands out</b>\n\n⏳" in telegram_caption(nobody)
    assert "▲ 4%\n\nNobody stands out\n\n⏳" in plain_text(nobody)
    nothing = replace(nobody, drivers_heading="")
    assert "▲ 4%\n\n⏳" in telegram_caption(nothing)
    assert "▲ 4%\n\n⏳" in plain_text(nothing)


def test_a_test_is_marked_as_one() -> None:
    assert telegram_caption(MESSAGE, "Test").startswith("🧪 <b>Test</b>\n\n🟥 <b>Churn rose</b>")


def test_what_is_too_long_loses_the_folded_figures_before_anything_else() -> None:
    long = replace(MESSAGE, details=MESSAGE.details * 30)
    caption = telegram_caption(long)
    assert caption.count("New <b>9</b>") < 30
    assert "So far" not in caption
    assert caption.endswith("One. Two.</blockquote>")
    assert "▸ Customers from SP" in caption


def test_the_terminal_shows_the_figures_in_columns() -> None:
    assert plain_text(MESSAGE) == (
        "🟥 Churn rose\nTitle: Week\n\n"
        "🟥 Churn rate   4.1%  ▲ 0.2 pp\n"
        "   ↳ usual 1% – 5%\n"
        "🟢 Active      1,418  ▲ 4%\n\n"
        "Who stands out\n"
        "▸ Customers from SP\n\n"
        "⏳ 2 at risk\n\n"
        "↩️ Of 3 told, 1 came back\n\n"
        "🟢 New             9  ▲ was 6\n"
        "🟥 Lost            3\n"
        "   ↳ late\n\n"
        "So far: 941\n\n"
        "⚠️ Beware.\n\n"
        "One. Two. Foreseen.\n"
    )


ATTRIBUTES = {"lang", "charset", "name", "content", "class", "src", "alt"}


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
        if tag not in ("meta", "img"):
            self.opened.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.opened.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("lang", ["en", "pt_BR"])
@pytest.mark.parametrize("name", NASTY)
def test_the_page_is_whole_and_needs_nothing_from_elsewhere(name: str, lang: str) -> None:
    html = html_page(build_message(report_with(name), lang, 90), b"PNG", name, 2048)
    page = Page(html)
    assert page.opened == []
    assert page.attributes == ATTRIBUTES
    assert not re.search(r"https?:|url\(|@import|<script", html)


def test_the_page_shows_the_very_messages() -> None:
    html = html_page(MESSAGE, b"PNG", "list.csv", 2048)
    caption = telegram_caption(MESSAGE).replace(" expandable", "")
    assert f'<img src="data:image/png;base64,UE5H" alt="Churn rose"\n><div>{caption}</div>' in html
    assert "<b>list.csv</b><span>2.0 KB</span>" in html


def test_without_a_list_the_page_shows_none() -> None:
    assert 'class="bubble file"' not in html_page(MESSAGE, b"PNG")


def test_the_same_rows_give_the_same_bytes() -> None:
    def rendered() -> tuple[str, str, str]:
        message = build_message(report_with("Café"), "pt_BR", 90)
        return telegram_caption(message), plain_text(message), html_page(message, b"PNG")

    assert rendered() == rendered()


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    file = tmp_path / "out" / "report.txt"
    write_whole(file, b"old")
    write_whole(file, b"new")
    assert file.read_bytes() == b"new"
    assert list(file.parent.iterdir()) == [file]


def test_a_file_that_cannot_be_written_whole_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "out" / "report.txt"
    write_whole(file, b"old")

    def disk_is_full(path: Path, content: bytes) -> int:
        with path.open("wb") as half:
            half.write(content[:1])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", disk_is_full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(file, b"new")
    assert file.read_bytes() == b"old"
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize("name", NASTY)
def test_the_page_of_the_week_holds_names_as_text(name: str) -> None:
    report = report_with(name)
    words = Wording("en")
    customers = customer_table((), PersonalData.FULL, words)
    customers.append([name] * len(customers[0]))
    page = week_page(report, build_message(report, "en", 90), History((), ()), customers).decode()
    tags = set(
        re.findall(r"<(?!!)/?([a-z0-9]+)", re.sub(r"<style>.*?</style>", "", page, flags=re.S))
    )
    assert not tags & {"script", "img", "link", "iframe", "object"}
    assert page.count("<b>") == page.count("</b>")
    assert name in unescape(page)


def test_the_page_of_the_week_says_what_a_shop_without_a_week_lacks() -> None:
    report = replace(report_with("Lamp"), trend=(), drivers=())
    nobody = customer_table((), PersonalData.NONE, Wording("en"))
    page = week_page(report, build_message(report, "en", 90), History((), ()), nobody).decode()
    assert page.count("There is no complete week yet.") == 2
    assert "Nobody has ordered yet." in page
    assert "<svg" not in page
    assert "To contact first" not in page
