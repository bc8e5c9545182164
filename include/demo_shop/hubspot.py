"""The files that fill a HubSpot account with an invented clinic: doctors, patients, consultations.

What HubSpot's import asks for, with the mess of accounts that people typed: specialties in several
spellings, doctors and patients entered twice, patients without a surname, consultations without a
doctor. Patients come and stay away as the customers of the demo shop do.
"""

import csv
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from include.demo_shop.behaviour import Story, tell
from include.demo_shop.draws import Ints, choose, uniform
from include.demo_shop.people import MAIL_DOMAINS, Pools, pools, slug
from include.demo_shop.season import OPENED_ON, seconds_to
from include.demo_shop.shop import check
from include.paths import DBT_PROJECT

SPELLINGS = DBT_PROJECT / "seeds" / "hubspot_specialties.csv"
PIPELINE = "Sales Pipeline"
"""The one that a new account has, with the stages below."""
SCHEDULED, WON, LOST = "Appointment Scheduled", "Closed Won", "Closed Lost"
MISSED = 0.08  # share of consultations to which nobody came
DAYS_AHEAD = 7  # the last days' consultations are partly still to come
PATIENTS_A_DOCTOR = 50
MOST_MESS = 5  # doctors are few: so many times as often is one entered twice or spelled otherwise


@dataclass(frozen=True)
class Doctor:
    """A company of HubSpot: once as it should be, once more as it was typed by somebody else."""

    name: str
    domain: str
    specialty: str
    spelling: str
    second_name: str | None
    second_spelling: str


def generate_hubspot(
    customers: int, seed: int, as_of: date, locale: str, mess: float
) -> dict[str, pa.Table]:
    """The files companies, contacts and deals as of a date; the arguments are `shop.generate`'s.

    Raises UserError where an argument makes no sense.
    """
    check(customers, as_of, mess)
    words = pools(locale, seed)
    story = tell(customers, seed, as_of)
    doctors = _doctors(words, customers, seed, mess)
    patients = _patients(words, len(story.acquired), seed, mess)
    return {
        "companies": _companies(doctors),
        "contacts": _contacts(patients),
        "deals": _deals(story, doctors, patients, seed, as_of, mess),
    }


def _table(columns: tuple[str, ...], rows: list[tuple[str | None, ...]]) -> pa.Table:
    cells = zip(*rows, strict=True) if rows else ([] for _ in columns)
    named = zip(columns, cells, strict=True)
    return pa.table({name: pa.array(list(cell), pa.string()) for name, cell in named})


def _doctors(words: Pools, customers: int, seed: int, mess: float) -> list[Doctor]:
    spellings: dict[str, list[str]] = {}
    with Path(SPELLINGS).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            spellings.setdefault(row["specialty"], []).append(row["spelling"])
    specialties = list(spellings)
    number = np.arange(len(specialties) + customers // PATIENTS_A_DOCTOR)
    first = _index(seed, "doctor's name", number, len(words.first_names))
    first_spelling = uniform(seed, "doctor's specialty", number)
    second_spelling = uniform(seed, "doctor's second specialty", number)
    is_second = uniform(seed, "doctor twice", number) < MOST_MESS * mess
    is_spelled = uniform(seed, "doctor's spelling", number) < MOST_MESS * mess

    doctors = []
    for i in number:
        name = f"{words.first_names[first[i]]} {words.last_names[i % len(words.last_names)]}"
        specialty = specialties[i % len(specialties)]
        others = spellings[specialty]
        doctors.append(
            Doctor(
                f"Dr. {name}",
                f"{slug(name)}{i + 1}.example.com",
                specialty,
                others[int(first_spelling[i] * len(others))] if is_spelled[i] else specialty,
                f"DR {name.upper()}" if is_second[i] else None,
                others[int(second_spelling[i] * len(others))],
            )
        )
    return doctors


def _companies(doctors: list[Doctor]) -> pa.Table:
    """Second records come at the end, without a domain: HubSpot's import would see through it."""
    rows = [(one.name, one.domain, one.spelling) for one in doctors]
    again = [(one.second_name, None, one.second_spelling) for one in doctors if one.second_name]
    return _table(("Company name", "Company domain name", "Specialty"), [*rows, *again])


@dataclass(frozen=True)
class Patient:
    """A contact of HubSpot; a second record has the telephone only."""

    first_name: str
    last_name: str | None
    email: str | None
    phone: str
    is_twice: bool


def _patients(words: Pools, people: int, seed: int, mess: float) -> list[Patient]:
    number = np.arange(people)
    first = _index(seed, "first name", number, len(words.first_names))
    last = _index(seed, "last name", number, len(words.last_names))
    mailbox = _index(seed, "domain", number, len(MAIL_DOMAINS))
    is_nameless = uniform(seed, "no surname", number) < mess
    is_unreachable = uniform(seed, "no email", number) < mess
    is_twice = uniform(seed, "duplicate", number) < mess

    patients = []
    for i in number:
        first_name, last_name = words.first_names[first[i]], words.last_names[last[i]]
        email = f"{slug(first_name)}.{slug(last_name)}{i + 1}@{MAIL_DOMAINS[mailbox[i]]}"
        patients.append(
            Patient(
                first_name,
                None if is_nameless[i] else last_name,
                None if is_unreachable[i] else email,
                f"+55 11 9{i + 1:08}",
                bool(is_twice[i]),
            )
        )
    return patients


def _contacts(patients: list[Patient]) -> pa.Table:
    rows = [(one.first_name, one.last_name, one.email, one.phone) for one in patients]
    again: list[tuple[str | None, ...]] = [
        (one.first_name.upper(), None, None, f"({one.phone[4:6]}) {one.phone[7:]}")
        for one in patients
        if one.is_twice
    ]
    return _table(("First name", "Last name", "Email", "Phone number"), [*rows, *again])


def _deals(
    story: Story,
    doctors: list[Doctor],
    patients: list[Patient],
    seed: int,
    as_of: date,
    mess: float,
) -> pa.Table:
    number = np.arange(len(story.person))
    # a patient stays with one doctor
    doctor_of = _index(seed, "patient's doctor", np.arange(len(patients)), len(doctors))
    recent = story.ordered >= seconds_to(as_of) - DAYS_AHEAD * 86400
    is_open = recent & (uniform(seed, "still to come", number) < 0.5)
    is_missed = uniform(seed, "missed", number) < MISSED
    is_orphan = uniform(seed, "no doctor", number) < mess
    is_free = uniform(seed, "no price", number) < mess
    takes_second = uniform(seed, "second doctor", number) < 0.5
    price = 15000 + 1000 * _index(seed, "price", np.arange(len(doctors)), 40)  # cents
    extra = 1000 * choose([6, 2, 1, 1], uniform(seed, "extra", number))

    rows: list[tuple[str | None, ...]] = []
    for i in number:
        patient, doctor = patients[story.person[i]], doctors[doctor_of[story.person[i]]]
        stage = SCHEDULED if is_open[i] else LOST if is_missed[i] else WON
        cents = int(price[doctor_of[story.person[i]]] + extra[i])
        company = doctor.second_name if takes_second[i] and doctor.second_name else doctor.name
        rows.append(
            (
                f"Consulta {i + 1} - {patient.first_name}",
                PIPELINE,
                stage,
                None if is_free[i] else f"{cents / 100:.2f}",
                None if is_open[i] else str(_day(int(story.ordered[i]))),
                None if is_orphan[i] else company,
                patient.email,
            )
        )
    columns = ("Deal name", "Pipeline", "Deal stage", "Amount", "Close date")
    return _table((*columns, "Company name", "Email"), rows)


def _index(seed: int, purpose: str, counters: Ints, length: int) -> Any:
    return np.floor(uniform(seed, purpose, counters) * length).astype(int)


def _day(seconds: int) -> date:
    return OPENED_ON + timedelta(seconds=seconds)
