"""Words an answer in Telegram's HTML: a pure function of the question and the rows read for it.

Whatever comes from data, or from the person who asks, is escaped here.
"""

from collections.abc import Sequence
from html import escape

from include.bot.contact import Listed
from include.bot.question import (
    LONGEST_WINDOW,
    MOST_CUSTOMERS,
    AskHelp,
    AskProduct,
    Misasked,
    Question,
)
from include.bot.rows import AtRisk, ChurnShare, Cohorts, Products, ProductSales
from include.report.customers import last_contact, shown_id, suggestion
from include.report.message import in_words
from include.report.read import CustomerAtRisk
from include.report.render import LONGEST_TEXT, shown_length
from include.report.text import masked, plain
from include.report.wording import Wording
from include.settings import PersonalData

_LONGEST_NAME = 40
_LONGEST_SUGGESTION = 90
_HELP = ("report", "churn", "atrisk", "cohorts", "product", "help")
_MOST = {"churn": LONGEST_WINDOW, "atrisk": MOST_CUSTOMERS}


def answer(
    question: Question,
    rows: ChurnShare | AtRisk | Cohorts | Products | None,
    words: Wording,
    personal_data: PersonalData,
) -> str:
    """The answer to a question; `rows` are None where it needs none."""
    match question, rows:
        case AskHelp(), _:
            return _help(words)
        case Misasked(command), _:
            return _data(words.text(f"bot_usage_{command}", most=words.count(_MOST.get(command))))
        case _, ChurnShare():
            return _churn(rows, words)
        case _, AtRisk():
            return _at_risk(rows, words, personal_data)[0]
        case _, Cohorts():
            return _cohorts(rows, words)
        case AskProduct(name), Products():
            return _products(name, rows, words)
    raise TypeError(f"{question} has no answer in {type(rows).__name__}")


def _help(words: Wording) -> str:
    lines = (f"/{command} – {_data(words.text(f'bot_help_{command}'))}" for command in _HELP)
    return "\n".join([f"<b>{_data(words.text('bot_help'))}</b>", *lines])


def _churn(rows: ChurnShare, words: Wording) -> str:
    churned = words.text(
        "bot_churned",
        churned=words.count(rows.churned_customers),
        customers=words.plural("so_far_customers", rows.customers),
        share=words.rate(rows.churned_share),
    )
    lines = [
        f"<b>{_data(churned)}</b>",
        _data(words.text("bot_window", window=words.plural("bot_days", rows.window_days))),
    ]
    if rows.week_starts_on is not None and rows.week_ends_on is not None:
        rate = words.text(
            "bot_week_rate",
            week=words.days(rows.week_starts_on, rows.week_ends_on),
            rate=words.rate(rows.churn_rate),
        )
        usual = in_words(rows.signal, words.rate, words) if rows.signal else ""
        lines += ["", _data(" · ".join(part for part in (rate, usual) if part))]
        if rows.window_days != rows.own_window_days:
            own = words.plural("bot_days", rows.own_window_days)
            lines.append(_data(words.text("bot_own_window", window=own)))
    return "\n".join([*lines, "", _as_of(rows, words)])


def listed_in_answer(rows: AtRisk, words: Wording, personal_data: PersonalData) -> list[Listed]:
    """The customers that the answer to /atrisk has room for."""
    _, shown = _at_risk(rows, words, personal_data)
    return [
        Listed(number, customer.customer_key, rows.as_of_on)
        for number, customer in enumerate((rows.listed or ())[:shown], start=1)
    ]


def _at_risk(rows: AtRisk, words: Wording, personal_data: PersonalData) -> tuple[str, int]:
    """The answer, and how many of those listed it has room for."""
    head = words.plural("customers_at_risk", rows.customers)
    if rows.value_at_stake is not None and rows.customers:
        at_stake = words.text("at_stake", value=words.money(rows.value_at_stake, rows.currency))
        head = f"{head} · {at_stake}"
    head = f"⏳ <b>{_data(head)}</b>"
    if rows.listed is None:
        parts = [head, _data(words.text("bot_not_shared")), _as_of(rows, words)]
        return "\n\n".join(parts), 0
    entries = [
        _risky_customer(number, customer, rows.currency, words, personal_data)
        for number, customer in enumerate(rows.listed, start=1)
    ]
    while True:
        shown = words.text(
            "bot_first", shown=words.count(len(entries)), customers=words.count(rows.customers)
        )
        parts = [head, *([_data(shown), *entries] if entries else []), _as_of(rows, words)]
        html = "\n\n".join(parts)
        if shown_length(html) <= LONGEST_TEXT:
            return html, len(entries)
        entries.pop()


def _risky_customer(
    number: int,
    customer: CustomerAtRisk,
    currency: str | None,
    words: Wording,
    personal_data: PersonalData,
) -> str:
    """One of the list, told as far as the list in the channel tells it."""
    is_full = personal_data is PersonalData.FULL
    name, email = customer.customer_name or "", customer.email or ""
    customer_id = customer.customer_id if is_full else shown_id(customer.customer_id)
    who = " · ".join(
        part
        for part in (
            f"<b>{_name(name if is_full else masked(name))}</b>" if name else "",
            f"<code>{_name(customer_id)}</code>",
            _name(email) if is_full else "",
        )
        if part
    )
    facts = []
    if customer.value_at_stake is not None:
        value = words.money(customer.value_at_stake, currency)
        facts.append(words.text("at_stake", value=value))
    facts.append(words.text("bot_last_order", day=words.day(customer.last_order_on)))
    if customer.days_overdue is not None:
        facts.append(words.plural("bot_overdue", customer.days_overdue))
    if customer.last_product_name:
        facts.append(plain(customer.last_product_name, _LONGEST_NAME))
    if noted := last_contact(customer, words):
        facts.append(words.text("bot_last_contact", noted=noted))
    says = suggestion(customer.suggested_reason, customer.cancellation_reason, words)
    return f"{number}. {who}\n{_data(' · '.join(facts))}\n{_data(plain(says, _LONGEST_SUGGESTION))}"


def _cohorts(rows: Cohorts, words: Wording) -> str:
    title = f"<b>{_data(words.text('bot_cohorts'))}</b>"
    if not rows.cohorts:
        return "\n\n".join([title, _data(words.text("bot_no_cohorts")), _as_of(rows, words)])
    table = [
        [words.text("bot_cohort_month"), words.text("bot_cohort_customers"), "+1 ", "+2 ", "+3 "],
        *(
            [
                words.short_month(cohort.cohort_month),
                words.count(cohort.customers),
                *(
                    words.rate(rate) + ("*" if is_partial else " ")
                    for rate, is_partial in zip(cohort.rates, cohort.is_partial, strict=True)
                ),
            ]
            for cohort in rows.cohorts
        ),
    ]
    notes = [_data(words.text("bot_cohorts_mean"))]
    if any(any(cohort.is_partial) for cohort in rows.cohorts):
        notes.append(_data(words.text("bot_cohorts_partial")))
    return "\n\n".join(
        [f"{title}\n<pre>{_data(_aligned(table))}</pre>", "\n".join(notes), _as_of(rows, words)]
    )


def _aligned(table: Sequence[Sequence[str]]) -> str:
    """The rows of a table below each other, flush right."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return "\n".join(
        " ".join(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in table
    )


def _products(name: str, rows: Products, words: Wording) -> str:
    if not rows.best:
        nothing = words.text("bot_no_product", name=plain(name, _LONGEST_NAME))
        return f"{_data(nothing)}\n\n{_as_of(rows, words)}"
    head = words.plural("bot_products", rows.matches)
    if rows.matches > len(rows.best):
        head = f"{head}. {words.plural('bot_best_products', len(rows.best))}"
    return "\n\n".join(
        [
            _data(head),
            *(_product(product, rows.currency, words) for product in rows.best),
            _as_of(rows, words),
        ]
    )


def _product(product: ProductSales, currency: str | None, words: Wording) -> str:
    lines = (
        words.text(key, quantity=words.count(quantity), revenue=words.money(revenue, currency))
        for key, quantity, revenue in (
            ("bot_sold_so_far", product.quantity, product.revenue),
            ("bot_sold_last_days", product.quantity_last_days, product.revenue_last_days),
        )
    )
    return "\n".join([f"<b>{_name(product.product_name)}</b>", *map(_data, lines)])


def _as_of(rows: ChurnShare | AtRisk | Cohorts | Products, words: Wording) -> str:
    day = f"<i>{_data(words.text('as_of', day=words.day(rows.as_of_on)))}</i>"
    if isinstance(rows, AtRisk | Products) and rows.currency == "mixed":
        return f"{_data(words.text('mixed_currencies'))}\n\n{day}"
    return day


def _name(text: str) -> str:
    return _data(plain(text, _LONGEST_NAME))


def _data(text: str) -> str:
    return escape(text, quote=False)
