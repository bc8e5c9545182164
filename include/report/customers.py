"""The customers at risk as a list to work through: CSV, or XLSX for who asks for it.

Who they are is told only as far as the owner of the shop lets the channel know.
"""

import csv
import io
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from include.report.read import CustomerAtRisk
from include.report.text import masked, one_line
from include.report.wording import Wording
from include.settings import PersonalData

Cell = str | int | Decimal | date | None
Table = list[list[Cell]]
"""Rows of a list, the headings first."""


def customer_table(
    customers: Sequence[CustomerAtRisk], personal_data: PersonalData, words: Wording
) -> Table:
    """The list, who has the most at stake first; money and days are numbers."""
    is_full = personal_data is PersonalData.FULL
    were_contacted = any(customer.last_contact for customer in customers)
    columns = [
        "customer", "name", *(["email"] if is_full else []), "state", "last_order", "rhythm",
        "overdue", "value_at_stake", "revenue", "last_product", "suggestion",
        *(["last_contact"] if were_contacted else []),
    ]  # fmt: skip
    table: Table = [[words.text(f"list_{column}") for column in columns]]
    for customer in customers:
        name = one_line(customer.customer_name or "")
        table.append(
            [
                customer.customer_id if is_full else shown_id(customer.customer_id),
                name if is_full else masked(name),
                *([one_line(customer.email or "")] if is_full else []),
                one_line(customer.state or ""),
                customer.last_order_on,
                customer.rhythm_days,
                customer.days_overdue,
                customer.value_at_stake,
                customer.revenue,
                one_line(customer.last_product_name or ""),
                suggestion(customer.suggested_reason, customer.cancellation_reason, words),
                *([last_contact(customer, words)] if were_contacted else []),
            ]
        )
    return table


def as_csv(table: Table, words: Wording) -> bytes:
    """The list for a spreadsheet that speaks the language: with its decimal and list separators."""
    decimal_comma = words.has_decimal_comma
    file = io.StringIO()
    writer = csv.writer(file, delimiter=";" if decimal_comma else ",")
    for row in table:
        writer.writerow([_csv_cell(cell, decimal_comma=decimal_comma) for cell in row])
    return file.getvalue().encode("utf-8-sig")  # Excel takes a file without a mark for Latin-1


def as_xlsx(table: Table) -> bytes:
    """The list as a workbook: headings that stay, columns as wide as what is in them."""
    from openpyxl import Workbook
    from openpyxl.cell.cell import TYPE_STRING
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None  # noqa: S101 - for mypy: a new workbook has a sheet
    for row in table:
        sheet.append(row)
    for cells in sheet.iter_rows():
        for cell in cells:
            if isinstance(cell.value, str):
                cell.data_type = TYPE_STRING  # a name that begins with = is no formula
            elif isinstance(cell.value, Decimal):
                cell.number_format = "#,##0.00"
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for number, column in enumerate(zip(*table, strict=True), start=1):
        width = max(len(str(value)) for value in column if value is not None)
        sheet.column_dimensions[get_column_letter(number)].width = min(width + 2, 60)
    sheet.freeze_panes = "A2"
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


def shown_id(customer_id: str) -> str:
    """The customer's id, unless it is an address."""
    return masked(customer_id) if "@" in customer_id else one_line(customer_id)


def suggestion(suggested_reason: str, cancellation_reason: str | None, words: Wording) -> str:
    """What to write to a customer about."""
    says = words.text(f"suggest_{suggested_reason}")
    reason = one_line(cancellation_reason or "")
    return f"{says} ({reason})" if reason else says


def last_contact(customer: CustomerAtRisk, words: Wording) -> str:
    """What somebody noted of a customer last week; "" where nobody did."""
    noted = customer.last_contact
    return words.text(f"contact_{noted}") if noted else ""


def _csv_cell(cell: Cell, *, decimal_comma: bool) -> str:
    if cell is None:
        return ""
    if isinstance(cell, Decimal):
        return str(cell).replace(".", ",") if decimal_comma else str(cell)
    if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@"):
        return f"'{cell}"  # a spreadsheet would run it as a formula
    return str(cell)
