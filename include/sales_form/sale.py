"""What a sale is that somebody may enter: the one rule for the page, the API and files.

It knows neither clock nor database: today and the active shops are told by `Rules`. Each error of
Pydantic's has the field (`loc`) and a `type`, by which it is worded in the visitor's language.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from include.paths import DBT_PROJECT
from include.settings import SALES_FORM, Settings

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
AMOUNT = (
    r"([0-9]+([.,][0-9]{1,2})?|[0-9]{1,3}(\.[0-9]{3})+,[0-9]{2}|[0-9]{1,3}(,[0-9]{3})+\.[0-9]{2})"
)
MONEY = re.compile(f"-?{AMOUNT}")
"""1234.5, 1.234,56 or 1,234.56; marks of thousands only beside cents, as 1.234 may be either."""
OF_FORM = "form:"
"""Begins the ids of customers and products that no shop has an id of."""


@dataclass(frozen=True)
class Rules:
    """What a sale is measured by, and no field of it tells."""

    today: date
    """The shop's own."""
    earliest_order_on: date
    sources: tuple[str, ...]
    """The shops that a sale may belong to: the staging folders of the active ones, or the form
    itself, where there is no other."""


def rules_of(settings: Settings) -> Rules:
    """The rules as they are now."""
    shops = [source for source in settings.modelled_sources if source != SALES_FORM]
    project = yaml.safe_load((DBT_PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    return Rules(
        today=datetime.now(ZoneInfo(settings.shop_time_zone)).date(),
        earliest_order_on=date.fromisoformat(project["vars"]["earliest_order_on"]),
        sources=tuple(shops) or (SALES_FORM,),
    )


def _or_none(value: object) -> object:
    """A field that was left empty, which forms and spreadsheets send as a text."""
    return None if isinstance(value, str) and not value.strip() else value


def _squeezed(value: str) -> str:
    return _printable(" ".join(value.split()))


def _printable(value: str) -> str:
    if any(not one.isprintable() and one not in "\n\r\t" for one in value):
        raise PydanticCustomError("unprintable", "It holds a character that cannot be shown.")
    return value


def _day(value: object) -> object:
    if isinstance(value, datetime) or not isinstance(value, (date, str)):
        raise PydanticCustomError("day", "It is a day as YYYY-MM-DD.")
    if isinstance(value, str) and not DAY.fullmatch(value.strip()):
        raise PydanticCustomError("day", "It is a day as YYYY-MM-DD.")
    return value


def _money(value: object) -> object:
    if isinstance(value, bool):
        raise PydanticCustomError("money", "It is an amount such as 1234.56 or 1.234,56.")
    if not isinstance(value, str):
        return value
    if not MONEY.fullmatch(text := value.strip()):
        raise PydanticCustomError("money", "It is an amount such as 1234.56 or 1.234,56.")
    whole, mark, cents = text.rpartition("," if text.rfind(",") > text.rfind(".") else ".")
    return Decimal(f"{re.sub('[.,]', '', whole)}.{cents}" if mark else text)


Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(_squeezed),
]
MaybeLine = Annotated[
    Line | None,
    BeforeValidator(_or_none, json_schema_input_type=Annotated[str, Field(max_length=200)] | None),
]
Note = Annotated[
    Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=1000),
        AfterValidator(_printable),
    ]
    | None,
    BeforeValidator(_or_none, json_schema_input_type=Annotated[str, Field(max_length=1000)] | None),
]
Currency = Annotated[
    Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True, pattern="^[A-Za-z]{3}$")]
    | None,
    BeforeValidator(
        _or_none, json_schema_input_type=Annotated[str, Field(pattern="^([A-Za-z]{3})?$")] | None
    ),
]
Price = Annotated[
    Decimal,
    Field(ge=0, max_digits=9, decimal_places=2),
    BeforeValidator(
        _money,
        json_schema_input_type=Annotated[float, Field(ge=0, le=9_999_999.99)]
        | Annotated[str, Field(pattern=f"^{AMOUNT}$")],
    ),
]


class _Typed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class NewCustomer(_Typed):
    """Somebody whom the shop does not know yet."""

    name: Line
    state: MaybeLine = None


class Sale(_Typed):
    """One sale of one product, as somebody tells it; `checked_sale` makes it."""

    source_name: Line
    """The shop it belongs to: customers, products and sellers are those of it."""
    sold_on: Annotated[date, BeforeValidator(_day)]
    customer_id: MaybeLine = None
    new_customer: NewCustomer | None = None
    """Neither is a customer whom nobody knows: the sale counts, but for nobody."""
    product_id: MaybeLine = None
    new_product: Annotated[MaybeLine, Field(validate_default=True)] = None
    """The name of a product that the shop does not list."""
    quantity: Annotated[int, Field(strict=True, ge=1, le=10_000)]
    unit_price: Price
    """What was paid for one, in `currency`."""
    currency: Currency = None
    """As ISO 4217 has it, such as BRL."""
    seller_id: MaybeLine = None
    sales_channel: MaybeLine = None
    note: Note = None

    @field_validator("source_name")
    @classmethod
    def _is_active(cls, value: str, info: ValidationInfo) -> str:
        if value not in _rules(info).sources:
            raise PydanticCustomError("unknown_shop", "It is no active shop.")
        return value

    @field_validator("sold_on")
    @classmethod
    def _is_past(cls, value: date, info: ValidationInfo) -> date:
        rules = _rules(info)
        if value > rules.today:
            raise PydanticCustomError("future", "It is in the future.")
        if value < rules.earliest_order_on:
            raise PydanticCustomError(
                "too_early", "It is before {day}.", {"day": rules.earliest_order_on}
            )
        return value

    @field_validator("new_customer")
    @classmethod
    def _is_one_customer(cls, value: NewCustomer | None, info: ValidationInfo) -> Any:
        if value and info.data.get("customer_id"):
            raise PydanticCustomError("two_customers", "It is a known customer or a new one.")
        return value

    @field_validator("new_product")
    @classmethod
    def _is_one_product(cls, value: str | None, info: ValidationInfo) -> str | None:
        if "product_id" in info.data and not (value or info.data["product_id"]):
            raise PydanticCustomError("no_product", "A sale is of a product.")
        if value and info.data.get("product_id"):
            raise PydanticCustomError("two_products", "It is a known product or a new one.")
        return value


def checked_sale(fields: Mapping[str, Any], rules: Rules) -> Sale:
    """The sale that somebody tells; what is wrong with which field is a ValidationError."""
    return Sale.model_validate(dict(fields), context={"rules": rules})


def _rules(info: ValidationInfo) -> Rules:
    rules: Rules = info.context["rules"]  # type: ignore[index] # without it a program is wrong
    return rules
