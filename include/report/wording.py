"""The report's words in each language, and numbers, money and dates as each language writes them.

What is said about which figure is decided in `message.py` and `alert.py`.
"""

import re
from datetime import date
from decimal import Decimal

from babel import Locale
from babel.dates import format_date, format_interval
from babel.numbers import format_currency, format_decimal, format_percent

from include.errors import UserError

# A word with plural forms is a dict; its keys are CLDR's plural categories, "other" the fallback.
CATALOGUES: dict[str, dict[str, str | dict[str, str]]] = {
    "en": {
        "title": "Weekly churn report",
        "against_week_before": "{week} · vs. the week before",
        "first_week": "{week} · the first week, nothing to compare yet",
        "customers": "Customers",
        "active": "Active",
        "new": "New",
        "churned": "Churned",
        "reactivated": "Reactivated",
        "churn_rate": "Churn rate of the week",
        "inactive_share": "Inactive share",
        "at_risk": "At risk",
        "at_stake": "{value} at stake",
        "orders": "Orders",
        "all_orders": "Total orders",
        "cancelled": "Cancelled",
        "cancellation_rate": "Cancellation rate",
        "top_reason": "mostly: {reason}",
        "sales": "Sales",
        "revenue": "Revenue",
        "dearest": "Dearest product",
        "was": "was {value}",
        "points": "{value} pp",
        "before": "{value} (before: {before})",
        "so_far": "The shop so far",
        "so_far_customers": {"one": "{count} customer", "other": "{count} customers"},
        "so_far_inactive": "{share} inactive",
        "so_far_repeat": "repeat rate {rate}",
        "so_far_revenue": "revenue {revenue}",
        "as_of": "As of {day}.",
        "churned_means": {
            "one": "Churned: no valid order for more than {count} day.",
            "other": "Churned: no valid order for more than {count} days.",
        },
        "predicted": "Prediction: from the orders until {day}.",
        "predicted_and_checked": (
            "Prediction: from the orders until {day}; correlation with the {weeks} weeks"
            " it was checked on: {correlation}."
        ),
        "not_fitted": "No prediction: the model was not fitted yet.",
        "too_few_customers": "No prediction: fewer than {least} customers so far.",
        "history_too_short": "No prediction: less than {least} days of orders so far.",
        "silent_too_long": "No prediction: no order in the last {least} days.",
        "too_few_loyal_customers": (
            "No prediction: fewer than {least} customers have ordered on {days} days or more."
        ),
        "nobody_leaves": "No prediction: the model cannot tell who left from who pauses.",
        "no_repeaters": "No prediction: no customer has come back yet.",
        "purchases_alike": "No prediction: all customers buy alike so far.",
        "no_best_parameters": "No prediction: the model cannot be fitted to these orders.",
        "rejected": {
            "one": "{count} row of the shop's data could not be used and was set aside.",
            "other": "{count} rows of the shop's data could not be used and were set aside.",
        },
        "mixed_currencies": "Amounts in several currencies are added up unconverted.",
        "preview_channel": "Your shop's channel",
        "preview_note": "preview, nothing was sent",
        "alert_title": "A task failed",
        "alert_dag": "DAG",
        "alert_task": "Task",
        "alert_run": "Run",
        "alert_as_of": "As of",
        "alert_log": "Log",
        "alert_silent": "The task gave no reason: see its log.",
    },
    "pt_BR": {
        "title": "Relatório semanal de churn",
        "against_week_before": "{week} · vs. semana anterior",
        "first_week": "{week} · primeira semana, ainda sem comparação",
        "customers": "Clientes",
        "active": "Ativos",
        "new": "Novos",
        "churned": "Perdidos (churn)",
        "reactivated": "Reativados",
        "churn_rate": "Taxa de churn da semana",
        "inactive_share": "Parcela de inativos",
        "at_risk": "Em risco",
        "at_stake": "{value} em jogo",
        "orders": "Pedidos",
        "all_orders": "Total de pedidos",
        "cancelled": "Cancelados",
        "cancellation_rate": "Taxa de cancelamento",
        "top_reason": "principal motivo: {reason}",
        "sales": "Vendas",
        "revenue": "Receita",
        "dearest": "Produto mais caro",
        "was": "antes {value}",
        "points": "{value} p.p.",
        "before": "{value} (antes: {before})",
        "so_far": "A loja até agora",
        "so_far_customers": {"one": "{count} cliente", "other": "{count} clientes"},
        "so_far_inactive": "{share} inativos",
        "so_far_repeat": "taxa de recompra {rate}",
        "so_far_revenue": "receita {revenue}",
        "as_of": "Posição em {day}.",
        "churned_means": {
            "one": "Perdido (churn): sem pedido válido há mais de {count} dia.",
            "other": "Perdido (churn): sem pedido válido há mais de {count} dias.",
        },
        "predicted": "Previsão: a partir dos pedidos até {day}.",
        "predicted_and_checked": (
            "Previsão: a partir dos pedidos até {day}; correlação com as {weeks} semanas"
            " em que foi conferida: {correlation}."
        ),
        "not_fitted": "Sem previsão: o modelo ainda não foi ajustado.",
        "too_few_customers": "Sem previsão: menos de {least} clientes até agora.",
        "history_too_short": "Sem previsão: menos de {least} dias de pedidos até agora.",
        "silent_too_long": "Sem previsão: nenhum pedido nos últimos {least} dias.",
        "too_few_loyal_customers": (
            "Sem previsão: menos de {least} clientes compraram em {days} dias ou mais."
        ),
        "nobody_leaves": "Sem previsão: o modelo não distingue quem saiu de quem fez uma pausa.",
        "no_repeaters": "Sem previsão: nenhum cliente voltou ainda.",
        "purchases_alike": "Sem previsão: todos os clientes compram igual até agora.",
        "no_best_parameters": "Sem previsão: o modelo não se ajusta a estes pedidos.",
        "rejected": {
            "one": "{count} linha dos dados da loja não pôde ser usada e foi separada.",
            "other": "{count} linhas dos dados da loja não puderam ser usadas e foram separadas.",
        },
        "mixed_currencies": "Valores em moedas diferentes foram somados sem conversão.",
        "preview_channel": "Canal da sua loja",
        "preview_note": "prévia, nada foi enviado",
        "alert_title": "Uma tarefa falhou",
        "alert_dag": "DAG",
        "alert_task": "Tarefa",
        "alert_run": "Execução",
        "alert_as_of": "Posição em",
        "alert_log": "Log",
        "alert_silent": "A tarefa não informou o motivo: veja o log.",
    },
}

NOT_KNOWN = "–"


class Wording:
    """One language's words and number formats; a value that is None is written as a dash."""

    def __init__(self, lang: str) -> None:
        if lang not in CATALOGUES:
            known = " and ".join(CATALOGUES)
            raise UserError(f"The report has no language {lang!r}: it is written in {known}.")
        self.lang = lang
        self._words = CATALOGUES[lang]
        self._locale = Locale.parse(lang)

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

    def count(self, number: int | None) -> str:
        """A whole number: 4,339."""
        if number is None:
            return NOT_KNOWN
        return str(format_decimal(number, format="#,##0", locale=self._locale))

    def rate(self, fraction: Decimal | None) -> str:
        """A fraction as a percentage with one decimal: 0.3339 is 33.4%."""
        if fraction is None:
            return NOT_KNOWN
        return str(format_percent(fraction, format="#,##0.0%", locale=self._locale))

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

    def money(self, amount: Decimal | None, currency: str | None) -> str:
        """An amount with its currency's sign; without one where `currency` is no ISO code."""
        if amount is None:
            return NOT_KNOWN
        if currency and re.fullmatch("[A-Z]{3}", currency):
            return str(format_currency(amount, currency, locale=self._locale))
        return str(format_decimal(amount, format="#,##0.00", locale=self._locale))

    def day(self, day: date) -> str:
        """A date: Nov 16, 2026."""
        return str(format_date(day, format="medium", locale=self._locale))

    def days(self, first: date, last: date) -> str:
        """A span of days, as short as it can be: Nov 9 to 15, 2026."""
        return str(format_interval(first, last, skeleton="yMMMd", locale=self._locale))
