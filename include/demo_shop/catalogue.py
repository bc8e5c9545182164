"""What the shop sells and through whom: products, sellers, sales channels, states."""

import unicodedata
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from scipy.special import ndtri

from include.demo_shop.columns import money, numbered, pick, text
from include.demo_shop.draws import Floats, Ints, choose, uniform
from include.demo_shop.people import Pools
from include.demo_shop.words import CATEGORIES, SALES_CHANNELS, STATES

SELLERS = 12


@dataclass(frozen=True)
class Catalogue:
    """One value a product; products of a category follow each other."""

    name: list[str]
    category: Ints
    price: Ints
    """In cents."""
    cost: Ints
    """In cents."""
    popularity: Floats


def stock(seed: int, language: int) -> Catalogue:
    """The products, the same on every date: prices are lognormal in a category, the popularity
    of the product on rank k is proportional to 1 / (k + 2) (Zipf, Mandelbrot)."""
    names: list[str] = []
    category: list[int] = []
    price: list[float] = []
    cost_share: list[float] = []
    for number, (_, median, spread, cost, products) in enumerate(CATEGORIES):
        names += [line.split(" / ")[language].strip() for line in products.splitlines()]
        keys = np.arange(len(category), len(names))
        price += sorted(median * np.exp(spread * ndtri(uniform(seed, "price", keys))))
        cost_share += list(cost + 0.2 * (uniform(seed, "cost", keys) - 0.5))
        category += [number] * len(keys)
    cents = np.floor(np.array(price)).astype(int) * 100 + 90
    rank = 1 + np.argsort(np.argsort(uniform(seed, "rank", np.arange(len(names)))))
    return Catalogue(
        names,
        np.array(category),
        cents,
        np.floor(cents * np.array(cost_share)).astype(int),
        1 / (rank + 2),
    )


def raw_products(catalogue: Catalogue, seed: int, language: int, mess: float) -> pa.Table:
    """The products as exported; with mess at least three spell their category another way."""
    labels = [CATEGORIES[number][0][language] for number in catalogue.category]
    if mess > 0:
        u = uniform(seed, "category", np.arange(len(labels)))
        for turn, product in enumerate(np.argsort(u)):
            if turn >= 3 and u[product] >= mess:
                break
            label = labels[product]
            labels[product] = (label.upper(), _without_accents(label), label + " ")[turn % 3]
    return pa.table(
        {
            "product_id": numbered("P", np.arange(len(labels)), 4),
            "product_name": text(catalogue.name),
            "category": text(labels),
            "list_price": money(catalogue.price),
            "unit_cost": money(catalogue.cost),
        }
    )


def _without_accents(label: str) -> str:
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode()
    return plain if plain != label else label.lower()


def raw_sellers(words: Pools, seed: int) -> pa.Table:
    """The sellers, most of them where most people live."""
    sellers = np.arange(SELLERS)
    state = choose([people for *_, people in STATES], uniform(seed, "seller state", sellers))
    return pa.table(
        {
            "seller_id": numbered("S", sellers, 2),
            "seller_name": pick(words.companies, sellers),
            "state_code": pick([code for code, *_ in STATES], state),
        }
    )


def raw_sales_channels(language: int) -> pa.Table:
    """Where an order is placed."""
    return pa.table(
        {
            "sales_channel_id": text([channel for channel, *_ in SALES_CHANNELS]),
            "sales_channel_name": text([names[language] for _, names, *_ in SALES_CHANNELS]),
        }
    )


def raw_states() -> pa.Table:
    """Brazil's states and their regions."""
    return pa.table(
        {
            "state_code": text([code for code, *_ in STATES]),
            "state_name": text([name for _, name, *_ in STATES]),
            "region": text([region for _, _, region, _ in STATES]),
        }
    )
