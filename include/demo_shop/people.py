"""Who the customers are: accounts, names and addresses. When they buy is in `behaviour`."""

import unicodedata
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from faker import Faker

from include.demo_shop.behaviour import ACQUISITION_CHANNELS, Story
from include.demo_shop.columns import numbered, pick, timestamps, where
from include.demo_shop.draws import Flags, Ints, choose, uniform
from include.demo_shop.words import STATES
from include.errors import UserError

CITIES_A_STATE = 12
MAIL_DOMAINS = ("example.com", "example.org", "example.net")


@dataclass(frozen=True)
class Pools:
    """Words of a locale from Faker, few enough to draw once and combine."""

    first_names: list[str]
    last_names: list[str]
    cities: list[str]
    companies: list[str]


def pools(locale: str, seed: int) -> Pools:
    """Draw the words of a locale; a locale that Faker does not have is a UserError."""
    try:
        fake = Faker(locale)
    except (AttributeError, ValueError) as error:
        raise UserError(
            f"Faker knows no locale {locale!r}: give one such as pt_BR or en_US."
        ) from error
    fake.seed_instance(seed)

    def words(draw: Any, count: int) -> list[str]:
        # without the two characters that would need quotes in a CSV file
        drawn = (draw().replace(",", "").replace('"', "") for _ in range(count))
        return list(dict.fromkeys(drawn))

    return Pools(
        words(fake.first_name, 500),
        words(fake.last_name, 500),
        words(fake.city, 500),
        words(fake.company, 50),
    )


@dataclass(frozen=True)
class Accounts:
    """Rows of raw_customers in the order of creation; a person may hold a second one."""

    person: Ints
    created: Ints
    is_second: Flags
    of_order: Ints
    """Row of raw_customers that each order was made with."""


def open_accounts(story: Story, seed: int, mess: float) -> Accounts:
    """One account a person; about `mess` of the people get a second one at a later order."""
    people = np.arange(len(story.acquired))
    later = 2 + np.floor(2 * uniform(seed, "second account at", people)).astype(int)
    second_at = np.where(_may_have_two(seed, mess, people), later, np.iinfo(np.int64).max)

    opens_second = story.number == second_at[story.person]
    person = np.concatenate([people, story.person[opens_second]])
    created = np.concatenate([story.acquired, story.ordered[opens_second]])
    is_second = np.arange(len(person)) >= len(people)
    by_time = np.lexsort((is_second, person, created))
    person, created, is_second = person[by_time], created[by_time], is_second[by_time]

    first_row, second_row = np.zeros_like(people), np.zeros_like(people)
    first_row[person[~is_second]] = np.flatnonzero(~is_second)
    second_row[person[is_second]] = np.flatnonzero(is_second)
    uses_second = story.number >= second_at[story.person]
    of_order = np.where(uses_second, second_row[story.person], first_row[story.person])
    return Accounts(person, created, is_second, of_order)


def _may_have_two(seed: int, mess: float, people: Ints) -> Flags:
    return uniform(seed, "duplicate", people) < mess


def raw_customers(
    story: Story, accounts: Accounts, words: Pools, seed: int, mess: float
) -> pa.Table:
    """The customers as exported; `mess` empties fields and spells second accounts otherwise."""
    person, second = accounts.person, accounts.is_second

    def index(purpose: str, length: int) -> Ints:
        return np.floor(uniform(seed, purpose, person) * length).astype(int)

    first = index("first name", len(words.first_names))
    last = index("last name", len(words.last_names))
    first_name, last_name = pick(words.first_names, first), pick(words.last_names, last)
    state = choose([people for *_, people in STATES], uniform(seed, "state", person))
    popularity = 1 / np.arange(1, CITIES_A_STATE + 1)
    city = state * CITIES_A_STATE + choose(popularity, uniform(seed, "city", person))

    mailbox = pc.binary_join_element_wise(
        pick([slug(name) for name in words.first_names], first),
        pick([slug(name) for name in words.last_names], last),
        ".",
    )
    # The number of the person makes the address unique.
    mailbox = pc.binary_join_element_wise(mailbox, pc.cast(pa.array(person + 1), pa.string()), "")
    email = pc.binary_join_element_wise(mailbox, pick(MAIL_DOMAINS, index("domain", 3)), "@")

    spelling = uniform(seed, "second spelling", person)
    shouts = second & (spelling < 0.4)
    shortens = second & (spelling > 0.7)
    nameless = ~second & (uniform(seed, "no surname", person) < mess)
    first_name = where(shouts, pc.utf8_upper(first_name), first_name)
    last_name = where(shouts, pc.utf8_upper(last_name), last_name)
    last_name = where(shortens | nameless, None, last_name)

    # A second account can only be told by its address: it is never empty and always differs.
    email = where(second & (spelling < 0.7), pc.utf8_upper(email), email)
    email = where(second & (spelling > 0.5), pc.binary_join_element_wise(" ", email, ""), email)
    email = where(second & (spelling > 0.8), pc.binary_join_element_wise(email, " ", ""), email)
    unreachable = uniform(seed, "no email", person) < mess
    email = where(unreachable & ~_may_have_two(seed, mess, person), None, email)

    return pa.table(
        {
            "customer_id": numbered("C", np.arange(len(person)), 6),
            "first_name": first_name,
            "last_name": last_name,
            "email": email,
            "city": pick(words.cities, city % len(words.cities)),
            "state_code": pick([code for code, *_ in STATES], state),
            "acquisition_channel": pick(
                [channel.name for channel in ACQUISITION_CHANNELS], story.channel[person]
            ),
            "created_at": timestamps(accounts.created),
        }
    )


def slug(name: str) -> str:
    """A name as a part of an address: letters and digits only, never nothing."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return "".join(letter for letter in plain if letter.isalnum()) or "cliente"
