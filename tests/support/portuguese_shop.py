"""A made-up shop's export as spreadsheets in Brazil write it; its totals by csv and Decimal."""

import csv
import random
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

HEADER = (
    *("Nº Pedido", "Data", "Situação", "CPF", "Nome do Cliente", "Telefone", "Cidade", "UF"),
    *("SKU", "Produto", "Qtde", "Valor Unitário", "Total"),
)
ARTICLES = {
    "CAM-01": ("Camiseta básica", "49,90"),
    "CAN-02": ("Caneca de cerâmica", "32,50"),
    "POS-03": ("Pôster “Verão”; 50 × 70", "1.250,00"),
    "MEI-04": ("Meia", "9,99"),
}
STATUSES = ("Entregue", "Entregue", "Entregue", "Enviado", "Pago", "Cancelado", "Devolvido")
CITIES = (("São Paulo", "SP"), ("Florianópolis", "SC"), ("Belém", "PA"))


def write_export(path: Path, orders: int = 120) -> None:
    """Latin-1, semicolons, decimal commas, days before months; the same bytes each time."""
    draw = random.Random(7)  # noqa: S311 - no secret
    with path.open("w", encoding="latin-1", errors="replace", newline="") as file:
        lines = csv.writer(file, delimiter=";")
        lines.writerow(HEADER)
        for number in range(1, orders + 1):
            customer = draw.randrange(1, orders // 2)
            day = date(2026, 1, 5) + timedelta(days=number)
            city, state = CITIES[customer % len(CITIES)]
            status = draw.choice(STATUSES)
            for sku in draw.sample(sorted(ARTICLES), draw.choice((1, 1, 2, 3))):
                name, price = ARTICLES[sku]
                units = draw.randrange(1, 4)
                total = as_typed(units * typed(price))
                lines.writerow(
                    (
                        *(number, f"{day:%d/%m/%Y}", status, f"{customer:011d}"),
                        *(f"Pessoa {customer}", f"(11) 9{customer:08d}", city, state, sku, name),
                        *(units, price, total),
                    )
                )


def typed(text: str) -> Decimal:
    """1.234,56 as a number."""
    return Decimal(text.replace(".", "").replace(",", "."))


def as_typed(number: Decimal) -> str:
    """A number as 1.234,56."""
    return f"{number:,.2f}".translate(str.maketrans(",.", ".,"))


@dataclass(frozen=True)
class Totals:
    """What the shop's totals must be as of the day after its last order."""

    orders: int
    cancelled_orders: int
    customers: int
    revenue: Decimal
    """Of orders that were neither cancelled nor returned."""


def totals(path: Path) -> Totals:
    """Count them by hand, as it were."""
    with path.open(encoding="latin-1", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    cancelled = {row["Nº Pedido"] for row in rows if row["Situação"] == "Cancelado"}
    valid = [row for row in rows if row["Situação"] not in ("Cancelado", "Devolvido")]
    return Totals(
        orders=len({row["Nº Pedido"] for row in rows}),
        cancelled_orders=len(cancelled),
        customers=len({row["CPF"] for row in valid}),
        revenue=sum((int(row["Qtde"]) * typed(row["Valor Unitário"]) for row in valid), Decimal()),
    )
