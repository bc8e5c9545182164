"""The staging models of a new shop, from the templates beside; from then on they are its own."""

import re
from pathlib import Path
from typing import Any

import jinja2
import yaml

from include.errors import UserError
from include.new_shop.ask import Shop
from include.new_shop.propose import PARTS, plain
from include.paths import PROJECT, write_whole

TEMPLATES = Path(__file__).with_name("templates")
CONTRACT = PROJECT / "docs" / "your-shop.yml"
NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
LONGEST_NAME = 40  # what the models' names leave of Postgres' 63
IDS = ("order", "customer", "article")
STRINGS = ("customer_name", "email", "city", "state", "country", "article_name", "status")
MORE_STRINGS = ("channel", "currency")
OPTIONAL = ("customer_name", "email", "city", "state", "country", "channel")
"""Without these a later file is as good."""


def name_of(folder: Path) -> str:
    """A shop's name, by that of the folder with its files."""
    return "_".join(plain(folder.name).split())


def check_name(name: str, staging: Path, force: bool) -> None:
    """Refuse a name that no models can have, or that others have."""
    if not NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        raise UserError(
            f"{name!r} cannot be the name of a shop's models: give one of letters without accents,"
            f" digits and _, of {LONGEST_NAME} at most, by --name."
        )
    if (staging / name).exists() and not force:
        raise UserError(
            f"There is a shop {name} in {staging / name}, which may hold somebody's work: give"
            " another --name, or --force to write its files anew."
        )


def write(shop: Shop, name: str, staging: Path) -> list[Path]:
    """Write the folder of a shop's models, the files that it may have of others untouched."""
    texts = models(shop, name)
    for file, text in texts.items():
        write_whole(staging / name / file, text.encode())
    return [staging / name / file for file in texts]


def models(shop: Shop, name: str) -> dict[str, str]:
    """Name of a file → what is in it."""
    environment = jinja2.Environment(  # noqa: S701 - SQL and YAML
        block_start_string="[%",
        block_end_string="%]",
        variable_start_string="[[",
        variable_end_string="]]",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        loader=jinja2.FileSystemLoader(TEMPLATES),
    )
    environment.filters["flow"] = lambda value: yaml.safe_dump(
        value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=10_000
    ).strip()
    told = _told(shop, name)
    return {
        template.replace("SHOP", name): environment.get_template(template).render(told)
        for template in environment.list_templates()
    } | {f"_{name}__models.yml": _contract(shop, name)}


def _told(shop: Shop, name: str) -> dict[str, Any]:
    """What the templates are told."""
    there = shop.columns
    day = "ordered_at" if shop.has_times else "ordered_on"
    ids = [f"{part}_id" if part != "article" else part for part in IDS if part in there]
    money = "amount" if "amount" in there else "unit_price"
    before_discount = "amount" if money == "amount" else "quantity * unit_price"
    return {
        "shop": name,
        "reader": shop.reader,
        "columns": _columns(shop, day),
        "ids": ids,
        "strings": [part for part in (*STRINGS, *MORE_STRINGS) if part in there],
        **{f"has_{part}": part in there for part in PARTS},
        "has_times": shop.has_times,
        "is_weighed": shop.is_weighed,
        "is_discount_off": shop.is_discount_off,
        "quantity_type": "numeric" if shop.is_weighed else "integer",
        "time_zone": shop.time_zone,
        "day": day,
        "ordered_on": "cast(ordered_at as date)" if shop.has_times else "ordered_on",
        "money": money,
        "before_discount": before_discount,
        "sold_for": f"{before_discount} - discount" if shop.is_discount_off else before_discount,
        "article": _article(shop),
        "currency": shop.currency,
        "statuses": shop.statuses,
        "cancelled": shop.cancelled,
        "returned": shop.returned,
        "status_is": _status_is,
        "text": lambda part, called="": _or_null(shop, part, called, "{{ dbt.type_string() }}"),
        "number": lambda part: _or_null(shop, part, "", "numeric(18, 4)"),
    }


def _columns(shop: Shop, day: str) -> list[dict[str, Any]]:
    """What the source declares, in the order of the parts."""
    types = {
        "day": "timestamp" if shop.has_times else "date",
        "quantity": "numeric" if shop.is_weighed else "integer",
        **dict.fromkeys(("unit_price", "amount", "discount"), "numeric"),
    }
    names = {"order": "order_id", "customer": "customer_id", "day": day}
    return [
        {
            "name": names.get(part, part),
            "type": types.get(part, "text"),
            "description": one.what[0].upper() + one.what[1:] + ".",
            "meta": {
                "headers": [shop.columns[part]],
                **({"optional": True} if part in OPTIONAL else {}),
                **({"pseudonym": shop.pseudonym} if part == "customer" and shop.pseudonym else {}),
            },
        }
        for part, one in PARTS.items()
        if part in shop.columns
    ]


def _article(shop: Shop) -> str:
    """An article without a number is known by its name."""
    names = [part for part in ("article", "article_name") if part in shop.columns]
    return names[0] if len(names) == 1 else f"coalesce({', '.join(names)})"


def _or_null(shop: Shop, part: str, called: str, type_: str) -> str:
    if part in shop.columns:
        return f"{part} as {called}" if called else part
    return f"cast(null as {type_}) as {called or part}"


def _status_is(statuses: list[str]) -> str:
    """1 where a line has one of the statuses, 0 where another, NULL where none."""
    if not statuses:
        return "0"
    texts = ",\n                ".join("'" + one.replace("'", "''") + "'" for one in statuses)
    return (
        f"case\n            when status in (\n                {texts}\n            ) then 1\n"
        "            when status is not null then 0\n        end"
    )


def _contract(shop: Shop, name: str) -> str:
    """That which docs/your-shop.yml has to be copied, with what it says in comments where known."""
    text = CONTRACT.read_text(encoding="utf-8").replace("SHOP", name)
    text = re.sub(r"^#[^\n]*\n", "", text, flags=re.M)
    if "amount" in shop.columns or shop.is_discount_off:
        text = re.sub(
            r"^      # (- name: amount\n)      # ( .+\n)      # ( .+\n)",
            r"      \1      \2      \3",
            text,
            flags=re.M,
        )
    if shop.is_weighed:
        text = re.sub(r"(- name: quantity\n +data_type: )integer", r"\1numeric(18, 4)", text)
    return re.sub(r"^ +#.*\n", "", text, flags=re.M).rstrip() + "\n"
