"""Which column of an export is what: by the words of its header and the look of its values."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from include.new_shop.export import Export
from include.new_shop.writing import is_day, is_number, numbers
from include.warehouse.declared import Reader

ENOUGH = 0.6  # of the values of a column, as some are always wrong
LOOKED_AT = 2000  # different values of a column
FEW = 30  # statuses, channels
LONGEST_STATE = 3
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
TAX_ID = re.compile(
    r"[0-9]{11}|[0-9]{14}|[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}|[0-9.]{10}/[0-9]{4}-[0-9]{2}"
)
PLAIN_ID = re.compile(r"[A-Z]{0,4}[-#.]?[0-9]{1,10}", re.I)
CENT = Decimal("0.01")
CURRENCIES = {"R$": "BRL", "US$": "USD", "€": "EUR", "£": "GBP"}


@dataclass(frozen=True)
class Part:
    """What a column may be of an order."""

    what: str
    headers: tuple[str, ...] = ()
    """Patterns of what files call it, the likeliest first, in `plain` letters."""
    looks: Callable[[list[str]], bool] = lambda _: True
    """Whether values look like it."""


def _most(looks_right: Callable[[str], object]) -> Callable[[list[str]], bool]:
    def of(values: list[str]) -> bool:
        return sum(bool(looks_right(value)) for value in values) >= ENOUGH * len(values)

    return of


def _are_few(values: list[str]) -> bool:
    return len(values) <= FEW and not any(map(is_number, values))


NUMBER = "(id|codigo|cod|numero|num|number|no?|nr|ref|referencia|name)"
OF = "( (do|da|de|del|la))*"
ORDER = "(pedido|venda|compra|encomenda|orden|venta|order|sale|invoice)"
BUYER = "(cliente|comprador|customer|client|buyer)"
ARTICLE = "(produto|producto|product|item|articulo|artigo|article)"
NAME = "(nome|nombre|descricao|descripcion|titulo|name|title|description)"
DAY = "(data|fecha|dia|date)"
MONEY = "(preco|precio|price|valor|vlr?|vl)"

PARTS: dict[str, Part] = {
    "order": Part(
        "the order's number",
        (
            f"{NUMBER}{OF} {ORDER}",
            f"{ORDER}( {NUMBER})?",
            f"({NUMBER}{OF} )?(nota( fiscal)?|factura|fatura)( {NUMBER})?",
        ),
        lambda values: not _most(is_day)(values),
    ),
    "day": Part(
        "when it was ordered",
        (
            f"{DAY}( e? ?hora)?{OF} ({ORDER}|criacao|creacion|emissao)",
            f"{ORDER} date|created at",
            f"{DAY}( e? ?hora)?",
            f".*{DAY}.*",
        ),
        _most(is_day),
    ),
    "customer": Part(
        "who bought",
        (
            f"{NUMBER}{OF} {BUYER}|{BUYER} {NUMBER}",
            "(.* )?(cpf|cnpj)( .*)?",
            "(.* )?(e ?mail|correo)( .*)?",
            BUYER,
            f"{NAME}( completo)?{OF} {BUYER}|{BUYER} {NAME}",
            "(.* )?(usuario|user|username)( .*)?",
            "(.* )?(telefone|telefono|celular|phone)( .*)?",
        ),
    ),
    "customer_name": Part("the customer's name"),
    "email": Part("e-mail", ("(.* )?(e ?mail|correo)( .*)?",), _most(EMAIL.fullmatch)),
    "city": Part("city", ("(.* )?(cidade|ciudad|municipio|city)( .*)?",)),
    "state": Part(
        "state",
        ("(.* )?uf( .*)?", "(.* )?(estado|provincia|state|province)( .*)?"),
        lambda values: max(map(len, values)) <= LONGEST_STATE,
    ),
    "country": Part("country", ("(.* )?(pais|country)( .*)?",)),
    "article": Part(
        "the article's number",
        (
            "(.* )?sku( .*)?",
            f"{NUMBER}{OF} {ARTICLE}|{ARTICLE} {NUMBER}|stock code",
            "codigo|referencia|ref|ean|gtin",
        ),
    ),
    "article_name": Part(
        "the article's name",
        (f"{NAME}{OF} {ARTICLE}|{ARTICLE} {NAME}", ARTICLE, NAME),
        lambda values: not _most(is_number)(values),
    ),
    "quantity": Part(
        "units",
        ("(quantidade|qtde?|cantidad|quantity|qty|unidades|units)( .*)?",),
        _most(is_number),
    ),
    "unit_price": Part(
        "price of a unit",
        (
            f"{MONEY}( de venda)? (unitario|unit|un|unidade|unidad)( .*)?|unit {MONEY}",
            f"{MONEY}{OF} {ARTICLE}|{ARTICLE} {MONEY}",
            "(preco|precio|price)( .*)?",
        ),
        _most(is_number),
    ),
    "amount": Part(
        "what the line was sold for",
        (
            f"({MONEY} |importe )?(total|subtotal)?{OF} ({ARTICLE}s?|linha|linea)",
            "(line|item) (total|amount)",
            f"subtotal|({MONEY} )?total|importe|amount",
        ),
        _most(is_number),
    ),
    "discount": Part(
        "discount of the line", ("(desconto|descuento|discount)s?( .*)?",), _most(is_number)
    ),
    "status": Part(
        "status of the order",
        (
            f"(status|situacao|situacion|estado)({OF} {ORDER})?|{ORDER} status|financial status",
            "(status|situacao|situacion|estado) .*",
        ),
        _are_few,
    ),
    "channel": Part(
        "sales channel", ("(canal|channel|origem|origen|source|marketplace|loja)( .*)?",), _are_few
    ),
    "currency": Part(
        "currency", ("(moeda|moneda|currency)( .*)?",), _most(re.compile("[A-Z]{3}").fullmatch)
    ),
}
"""What a column may be, in the order in which they are given out."""
CANCELLED = re.compile(
    r"cancel|anulad|estorn|void|abandon|expirad|expired|nao pago|recusad|negad|rejeit"
)
RETURNED = re.compile(r"devol|devuel|return|reembols|refund|troca")


def plain(text: str) -> str:
    """A text in lower case, without accents and signs: `Nº Pedido` is `n pedido`."""
    words = re.sub(r"([a-z])([A-Z])", r"\1 \2", text.replace("º", ""))
    letters = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    return " ".join(re.findall("[a-z0-9]+", letters))


def propose(export: Export) -> dict[str, str]:
    """Part → column, as far as one fits; a column is one part only."""
    looked_at = {column: export.values(column)[:LOOKED_AT] for column in export.columns}
    free = [column for column, values in looked_at.items() if values]
    found: dict[str, str] = {}
    for part, one in PARTS.items():
        ranks = {
            column: rank
            for column in free
            for rank, names in reversed([*enumerate(one.headers)])
            if re.fullmatch(names, plain(column)) and one.looks(looked_at[column])
        }
        if ranks:
            found[part] = min(ranks, key=lambda column: ranks[column])
            free.remove(found[part])
    return found


def beside_product(export: Export, columns: dict[str, str], reader: Reader) -> tuple[int, int]:
    """How many lines have an amount below and above their units at the price of one."""
    parts = [part for part in ("unit_price", "amount", "quantity") if part in columns]
    known = [numbers(export.values(columns[part]), reader) for part in parts]
    below = above = 0
    for row in zip(*(export.rows[columns[part]].to_pylist() for part in parts), strict=True):
        price, amount, *some = (of.get(text) for of, text in zip(known, row, strict=True))
        units = some[0] if some else Decimal(1)
        if units is not None and price is not None and amount is not None:
            below += amount <= units * price - CENT
            above += amount >= units * price + CENT
    return below, above


def is_of_the_order(export: Export, column: str, order: str) -> bool:
    """Whether a column seems to be the order's: the same in all its lines, or in the first only."""
    first: dict[str | None, str | None] = {}
    is_several = False
    keys, texts = (export.rows[name].to_pylist() for name in (order, column))
    for key, text in zip(keys, texts, strict=True):
        if key in first:
            is_several = True
            if text is not None and text != first[key]:
                return False
        first.setdefault(key, text)
    return is_several


def by_words(values: Iterable[str], words: re.Pattern[str]) -> list[str]:
    """The values in which one of the words is."""
    return [value for value in values if words.search(plain(value))]


def pseudonym(values: list[str]) -> str | None:
    """What a hash of who bought is made of; None where it is a number that says nothing."""
    if _most(TAX_ID.fullmatch)(values):
        return "digits"
    return None if _most(PLAIN_ID.fullmatch)(values) else "text"
