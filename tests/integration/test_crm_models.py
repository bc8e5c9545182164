"""HubSpot and Pipedrive from landing to the marts: figures derived by hand from a few records.

The records have the shapes of the two APIs, and null wherever an API may send it. As of Monday,
1 June 2026; São Paulo is three hours behind UTC.
"""

import csv
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from include.demo_shop.hubspot import generate_hubspot
from tests.support.crm_landing import Rows, land
from tests.support.warehouses import Row, Warehouse, new_warehouse

AS_OF = "2026-06-01"
ONLY_DATA_TESTS = ("--exclude-resource-type", "unit_test")

pytestmark = pytest.mark.timeout(900)  # the first test waits for the build


# --- HubSpot of a clinic: doctors, patients, consultations

CLINIC: dict[str, Any] = {
    "sources": ["hubspot"],
    "hubspot_clinic": True,
    "hubspot_company_category_property": "specialty",
}


def record(number: str, created: str, properties: Any, **more: Any) -> dict[str, Any]:
    """A record of HubSpot; `created` and `deleted` are days."""
    if deleted := more.pop("deleted", None):
        more |= {"archived": True, "archived_at": f"{deleted}T12:00:00Z"}
    return {
        "id": number,
        "created_at": f"{created}T12:00:00Z" if created else None,
        "updated_at": f"{created}T12:00:00Z" if created else None,
        "archived": False,
        "properties": properties,
        "associations": None,
        **more,
    }


def doctor(number: str, created: str, name: str | None, specialty: str | None, **more: Any) -> Any:
    deleted = {"deleted": more.pop("deleted")} if "deleted" in more else {}
    return record(number, created, {"name": name, "specialty": specialty, **more}, **deleted)


def patient(number: str, created: str, first: str, last: str | None = None, **more: Any) -> Any:
    deleted = {"deleted": more.pop("deleted")} if "deleted" in more else {}
    return record(number, created, {"firstname": first, "lastname": last, **more}, **deleted)


def linked(kind: str, *numbers: str) -> Any:
    return {"results": [{"id": number, "type": f"deal_to_{kind}"} for number in numbers]}


def consultation(
    number: str,
    stage: str,
    amount: str | None,
    closed: str | None,
    company: str | None = None,
    contact: str | None = None,
    **more: Any,
) -> Any:
    associations = {}
    if company:
        associations["companies"] = linked("company", company)
    if contact:
        associations["contacts"] = linked("contact", contact)
    history = more.pop("history", None)
    properties = {
        "dealname": f"Consulta {number}",
        "pipeline": "default",
        "dealstage": stage,
        "amount": amount,
        "closedate": closed,
        "hubspot_owner_id": more.pop("owner", None),
    }
    return record(
        number,
        more.pop("created", "2026-01-02"),
        properties,
        **{"associations": associations or None} | more,
        properties_with_history=history,
    )


def moves(**stages: str) -> Any:
    """Stage history, the newest first."""
    entries = [{"value": stage, "timestamp": at} for stage, at in stages.items()]
    return {"dealstage": sorted(entries, key=lambda entry: entry["timestamp"], reverse=True)}


def stage(name: str, order: int, closed: str | None = None, probability: str = "0.2") -> Any:
    metadata = {"probability": probability} | ({"isClosed": closed} if closed else {})
    return {
        "id": name,
        "label": name.title(),
        "displayOrder": order,
        "archived": False,
        "metadata": metadata,
    }


HUBSPOT: Rows = {
    "companies": [
        doctor("10", "2025-01-10", " Dr. João  Silva", "Neuro", domain="https://www.silva.med.br/"),
        # the same name and specialty, and a city that 10 lacks
        doctor("11", "2025-03-01", "DR JOAO SILVA", "NEUROLOGIA", city="recife"),
        doctor("12", "2025-02-01", "dra. maria de souza", "Cardio"),
        # the same name and domain, no specialty
        doctor("13", "2025-04-01", "Dr. Joao Silva", None, domain="silva.med.br"),
        # another specialty is another doctor
        doctor("14", "2025-04-01", "Dr. João Silva", "Cardiologia", domain="silva.med.br"),
        doctor("15", "2025-04-01", "Clínica X", "Quiropraxia"),
        doctor("16", "2025-04-01", "Dr. Pedro", "Urologia", deleted="2026-05-01"),
        record("17", "", None, archived=None),
        # HubSpot merged 90, which was never landed, and 91, whose row is still there
        doctor("18", "2025-05-01", "Dra. Ana Lima", "pediatra", hs_merged_object_ids="90;91"),
        doctor("91", "2025-01-01", "Ana Lima", "Pediatria"),
    ],
    "contacts": [
        patient("101", "2025-01-01", "Ana", email="ANA@Example.com"),
        # the same e-mail, and a surname that 101 lacks
        patient("102", "2025-02-01", "ANA", "de souza", email=" ana@example.com "),
        patient("103", "2025-03-01", "Bruno", phone="+55 (11) 98765-4321"),
        patient("104", "2025-04-01", "bruno", mobilephone="11 98765-4321"),
        # his daughter, with his telephone
        patient("105", "2025-04-01", "Carla", phone="11987654321"),
        patient("106", "2025-04-01", "Davi", email="não tem"),
        patient("107", "2025-04-01", "Eva", email="não tem"),
        patient("108", "2025-04-01", "Fábio", email="f@example.com", deleted="2026-04-01"),
        record("109", "", None, archived=None),
        patient("110", "2025-04-01", "Gil", hs_merged_object_ids="111"),
        # without an e-mail, but with the telephone and the name of who has one
        patient("112", "2025-05-01", "Íris", "Luz", email="iris@example.com", phone="2133334444"),
        patient("113", "2025-06-01", "iris", phone="+55 21 3333-4444"),
        # one reception's telephone, and nobody's name: not known to be one person
        record("114", "2025-07-01", {"lastname": "Reis", "phone": "31 3333-5555"}),
        record("115", "2025-07-02", {"lastname": "Melo", "phone": "(31) 3333-5555"}),
    ],
    "deals": [
        # 28 February in São Paulo
        consultation(
            "1",
            "closedwon",
            "300",
            "2026-03-01T02:00:00Z",
            "11",
            "102",
            owner="7",
            history=moves(
                scheduled="2026-02-20T12:00:00Z",
                seen="2026-02-24T12:00:00Z",
                closedwon="2026-03-01T02:00:00.000Z",
            ),
        ),
        consultation(
            "2",
            "closedwon",
            "200.50",
            "2026-05-20T12:00:00Z",
            "13",
            "101",
            owner="7",
            history=moves(scheduled="2026-05-18T12:00:00Z", closedwon="2026-05-20T12:00:00Z"),
        ),
        consultation("3", "closedwon", None, "2026-05-10T12:00:00Z", "12", "104"),
        consultation(
            "4",
            "closedlost",
            "500",
            "2026-04-10T12:00:00Z",
            "12",
            "105",
            owner="8",
            history=moves(scheduled="2026-04-01T12:00:00Z", closedlost="2026-04-10T12:00:00Z"),
        ),
        consultation("5", "seen", "900", None, None, "105", created="2026-05-01"),
        consultation("6", "closedwon", "80", "2026-05-25T12:00:00Z"),
        consultation(
            "7", "closedwon", "1000", "2026-05-12T12:00:00Z", "12", "103", deleted="2026-05-15"
        ),
        consultation("8", "closedwon", "70", "2026-03-15T12:00:00Z", "16", "108"),
        consultation("9", "closedwon", "abc", "2026-05-25T12:00:00Z", "12", "103"),
        # nobody says when
        consultation("20", "closedwon", "50", None, "12", "103"),
        # won after the as-of date
        consultation(
            "21",
            "closedwon",
            "400",
            "2026-06-10T12:00:00Z",
            "15",
            "111",
            created="2026-05-28",
            history=moves(scheduled="2026-05-28T12:00:00Z", closedwon="2026-06-10T12:00:00Z"),
        ),
        # entered after the fact
        consultation(
            "22", "closedwon", "60", "2026-01-15T12:00:00Z", "90", "111", created="2026-07-01"
        ),
        # of records that were not landed
        consultation("23", "closedwon", "10", "2026-05-05T12:00:00Z", "888", "999"),
        consultation("24", "closedwon", "-5", "2026-05-05T12:00:00Z", "12", "103"),
        # a stage that its pipeline has no more; HubSpot still says how it ended
        record(
            "25",
            "2026-05-01",
            {"dealstage": "gone", "amount": None, "hs_is_closed_won": "false"},
        ),
        record("26", "", None, archived=None),
    ],
    "pipelines": [
        {
            "id": "default",
            "label": "Consultas",
            "display_order": 0,
            "archived": None,
            "stages": [
                stage("scheduled", 0),
                stage("seen", 1),
                stage("closedwon", 2, "true", "1.0"),
                stage("closedlost", 3, "true", "0.0"),
            ],
        },
        {"id": "empty", "label": None, "stages": None},
    ],
    "owners": [{"id": "7", "first_name": "Rita", "email": "RITA@example.com"}, {"id": "8"}],
    "rejected": [
        {"resource": "contacts", "rejected_because": "id is missing", "source_row": '{"id": null}'}
    ],
}


SPEND = """
    truncate landing.hubspot_marketing_spend;
    insert into landing.hubspot_marketing_spend (spend_month, specialty, amount) values
        ('2026-01-01', 'Pediatria', 30),
        ('2026-01-01', 'Neurologia', 50),
        ('2026-02-01', 'neuro', 100),
        ('2026-03-01', 'Urologia', 50),
        ('2026-05-01', 'CARDIOLOGIA', 150),
        ('2026-05-31', 'Cardio', 50),
        ('2026-06-01', 'Neurologia', 999)
"""


@pytest.fixture(scope="module")
def hubspot(postgres: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A clinic that has nothing but HubSpot, and marketing spend of its own."""
    warehouse = new_warehouse(postgres, "crm_hubspot", tmp_path_factory.mktemp("hubspot"))
    land(warehouse.url, "hubspot", HUBSPOT)
    warehouse.dbt("seed", **CLINIC)
    warehouse.execute(SPEND)
    warehouse.dbt("build", *ONLY_DATA_TESTS, "seed", as_of=AS_OF, **CLINIC)
    return warehouse


def by_id(warehouse: Warehouse, table: str, key: str) -> dict[str, Row]:
    return {row[key]: row for row in warehouse.rows(f"select * from {table}")}


def figures(
    warehouse: Warehouse, table: str, key: str, *columns: str
) -> dict[Any, tuple[Any, ...]]:
    rows = warehouse.rows(f"select {key} as key, * from {table}")
    return {row["key"]: tuple(row[column] for column in columns) for row in rows}


def test_names_are_cleaned_and_a_patient_needs_no_surname(hubspot: Warehouse) -> None:
    patients = by_id(hubspot, "staging.stg_hubspot__contacts", "contact_id")
    assert patients["101"]["contact_name"] == "Ana de Souza"
    assert patients["103"]["contact_name"] == "Bruno"
    assert patients["109"]["contact_name"] is None
    doctors = by_id(hubspot, "staging.stg_hubspot__companies", "company_id")
    assert doctors["10"]["company_name"] == "Dr. João Silva"
    assert doctors["12"]["company_name"] == "Dra. Maria de Souza"
    assert doctors["10"]["domain_name"] == "silva.med.br"


def test_a_patient_is_who_has_the_e_mail_else_the_telephone_and_first_name(
    hubspot: Warehouse,
) -> None:
    patients = by_id(hubspot, "staging.stg_hubspot__contacts", "contact_id")
    survivors = {"101", "103", "105", "106", "107", "108", "109", "110", "112", "114", "115"}
    assert set(patients) == survivors
    assert patients["101"]["email"] == "ana@example.com"
    assert patients["106"]["email"] is None
    assert patients["106"]["has_unusable_email"]
    assert not patients["101"]["has_unusable_email"]


def test_a_doctor_is_the_name_and_the_specialty_else_the_domain(hubspot: Warehouse) -> None:
    doctors = by_id(hubspot, "staging.stg_hubspot__companies", "company_id")
    assert {number: row["category"] for number, row in doctors.items()} == {
        "10": "Neurologia",
        "12": "Cardiologia",
        "14": "Cardiologia",
        "15": "unassigned",
        "16": "Urologia",
        "17": "unassigned",
        "18": "Pediatria",
    }
    assert doctors["10"]["city"] == "Recife"
    typed = by_id(hubspot, "staging.base_hubspot__doctors", "company_id")
    assert typed["15"]["specialty_as_typed"] == "Quiropraxia"


def test_deals_of_a_duplicate_are_the_survivors(hubspot: Warehouse) -> None:
    deals = by_id(hubspot, "staging.stg_hubspot__deals", "deal_id")
    companies = {number: deal["company_id"] for number, deal in deals.items()}
    contacts = {number: deal["contact_id"] for number, deal in deals.items()}
    assert (companies["1"], companies["2"], companies["22"]) == ("10", "10", "18")
    assert (contacts["1"], contacts["3"], contacts["22"]) == ("101", "103", "110")
    # not landed: a company is unassigned, a patient still comes back
    assert (companies["23"], contacts["23"]) == (None, "999")


def test_a_company_sums_up_its_deals_and_orphans_are_unassigned(hubspot: Warehouse) -> None:
    totals = {
        row["company_id"]: (
            row["total_deals"],
            row["total_won_deals"],
            row["total_revenue"],
            row["average_deal_value"],
        )
        for row in hubspot.rows("select * from marts.companies")
    }
    nothing = (0, 0, Decimal("0.00"), None)
    assert totals == {
        "10": (2, 2, Decimal("500.50"), Decimal("250.25")),
        # one without an amount, one lost; the deleted one is not there any more
        "12": (2, 1, Decimal("0.00"), None),
        "14": nothing,
        # won ten days later
        "15": (1, 0, Decimal("0.00"), None),
        "17": nothing,
        "18": (1, 1, Decimal("60.00"), Decimal("60.00")),
        # 5, 6, 23, 25, and 8, whose doctor was deleted: 80 + 10 + 70
        "unassigned": (5, 3, Decimal("160.00"), Decimal("53.33")),
    }


def test_what_specialties_and_companies_brought_is_set_against_the_spend(
    hubspot: Warehouse,
) -> None:
    ratio = ("ltv", "cac", "ltv_to_cac")
    columns = ("months", "spend", "new_companies", *ratio)
    assert figures(hubspot, "marts.specialty_ltv_to_cac", "specialty", *columns) == {
        # June is not over; 500.50 ÷ (50 + 100) for the one that was won in February
        "Neurologia": (2, Decimal(150), 1, Decimal("500.50"), Decimal(150), Decimal("3.3367")),
        # two rows of May in two spellings, for one that brought nothing so far
        "Cardiologia": (1, Decimal(200), 1, Decimal(0), Decimal(200), Decimal(0)),
        "Pediatria": (1, Decimal(30), 1, Decimal(60), Decimal(30), Decimal(2)),
        # the one that it won was deleted
        "Urologia": (1, Decimal(50), 0, None, None, None),
    }
    companies = figures(hubspot, "marts.company_ltv_to_cac", "company_id", *ratio)
    assert companies["10"] == (Decimal("500.50"), Decimal(150), Decimal("3.3367"))
    assert companies["18"] == (Decimal(60), Decimal(30), Decimal(2))
    # a cardiologist who never won a deal, and one of no specialty
    assert companies["14"] == companies["15"] == (Decimal(0), None, None)
    assert "unassigned" not in companies


def test_won_deals_are_the_orders_of_the_shop(hubspot: Warehouse) -> None:
    orders = by_id(hubspot, "marts.fct_orders", "order_id")
    assert set(orders) == {"1", "2", "3", "6", "7", "8", "22", "23"}
    assert orders["1"]["ordered_on"] == date(2026, 2, 28)
    assert str(orders["1"]["ordered_at"]) == "2026-03-01 02:00:00"
    assert orders["6"]["customer_key"] is None
    assert orders["7"]["is_cancelled"]
    assert orders["7"]["cancelled_on"] == date(2026, 5, 15)
    assert orders["1"]["currency"] == "BRL"


def test_churn_and_the_report_work_for_hubspot_alone(hubspot: Warehouse) -> None:
    churn = by_id(hubspot, "marts.customer_churn", "customer_id")
    # 110 came last on 15 January, 137 days before; 108 on 15 March, 78 days before
    assert {number: row["is_churned"] for number, row in churn.items()} == {
        "101": False,
        "103": False,
        "108": False,
        "110": True,
        "999": False,
    }
    totals = hubspot.row("marts.rpt_shop_totals")
    assert (totals["customers"], totals["churned_customers"]) == (5, 1)
    assert (totals["orders"], totals["cancelled_orders"]) == (8, 1)
    assert totals["revenue"] == Decimal("720.50")
    assert totals["repeat_customers"] == 1
    # 2 of 500.50 of its doctor's specialty
    assert totals["dearest_product_name"] == "Neurologia"
    assert totals["dearest_product_price"] == Decimal("300.00")
    week = hubspot.row("marts.rpt_weekly_report")
    # Monday 25 to Sunday 31 May: deal 6
    assert (week["week_starts_on"], week["orders"], week["revenue"]) == (
        date(2026, 5, 25),
        1,
        Decimal("80.00"),
    )


def test_what_a_customer_brought_is_known_for_hubspot_alone(hubspot: Warehouse) -> None:
    value = {
        row["customer_id"]: row["revenue"]
        for row in hubspot.rows("select customer_id, revenue from marts.customer_churn")
    }
    assert value["101"] == Decimal("500.50")
    ltv = hubspot.rows("select sum(revenue) as revenue from marts.monthly_cohorts")
    # all but deal 6, which is nobody's
    assert ltv[0]["revenue"] == Decimal("640.50")


def test_rows_that_cannot_be_used_are_set_aside_with_the_loaders(hubspot: Warehouse) -> None:
    rejected = {
        (row["landing_table"], row["rejected_because"])
        for row in hubspot.rows("select * from shop.rejected_rows")
    }
    assert rejected == {
        ("hubspot__contacts", "id is missing"),
        ("hubspot__deals", "amount is not a number"),
        ("hubspot__deals", "amount is negative"),
        ("hubspot__deals", "closedate is missing"),
        ("hubspot__deals", "createdate is missing"),
    }


# --- the clinic that generate_seeds.py writes, as HubSpot has it after the import


def imported(files: dict[str, Any]) -> Rows:
    """Numbered in the order of the files, and all made on the day of the import."""
    day = "2026-11-16"
    companies, contacts, deals = (
        files[name].to_pylist() for name in ("companies", "contacts", "deals")
    )
    company_of = {row["Company name"]: str(number) for number, row in enumerate(companies)}
    contact_of = {row["Email"]: str(number) for number, row in enumerate(contacts)}
    stages = {"Appointment Scheduled": "scheduled", "Closed Won": "won", "Closed Lost": "lost"}
    return {
        "companies": [
            doctor(
                str(number),
                day,
                row["Company name"],
                row["Specialty"],
                domain=row["Company domain name"],
            )
            for number, row in enumerate(companies)
        ],
        "contacts": [
            patient(
                str(number),
                day,
                row["First name"],
                row["Last name"],
                email=row["Email"],
                phone=row["Phone number"],
            )
            for number, row in enumerate(contacts)
        ],
        "deals": [
            consultation(
                str(number),
                stages[row["Deal stage"]],
                row["Amount"],
                row["Close date"] and f"{row['Close date']}T12:00:00Z",
                company_of.get(row["Company name"]),
                contact_of[row["Email"]] if row["Email"] else None,
                created=day,
            )
            for number, row in enumerate(deals)
        ],
        "pipelines": [
            {
                "id": "default",
                "label": "Sales Pipeline",
                "stages": [
                    stage("scheduled", 0),
                    stage("won", 1, "true", "1.0"),
                    stage("lost", 2, "true", "0.0"),
                ],
            }
        ],
    }


def test_the_generated_clinic_is_cleaned_of_its_mess(
    postgres: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    made_on = date(2026, 11, 16)
    messy = generate_hubspot(1000, 42, made_on, "pt_BR", 0.02)
    clean = generate_hubspot(1000, 42, made_on, "pt_BR", 0)
    warehouse = new_warehouse(postgres, "crm_clinic", tmp_path_factory.mktemp("clinic"))
    land(warehouse.url, "hubspot", imported(messy))
    models = ("--select", "+path:models/marts/crm", "path:models/staging/hubspot")
    no_tests = ("--exclude-resource-type", "test", "unit_test")
    # deals that are still open were made on the day of the import
    warehouse.dbt("build", *models, *no_tests, as_of="2026-11-17", **CLINIC)
    assert messy["companies"].num_rows > clean["companies"].num_rows
    assert messy["contacts"].num_rows > clean["contacts"].num_rows

    specialties = "select category from staging.stg_hubspot__companies"
    assert sorted(row["category"] for row in warehouse.rows(specialties)) == sorted(
        clean["companies"]["Specialty"].to_pylist()
    )
    patients = warehouse.row("(select count(*) as n from staging.stg_hubspot__contacts) as t")
    assert patients["n"] == clean["contacts"].num_rows
    # no deal is lost, and what was won is what the file says
    deals = messy["deals"].to_pylist()
    won = [Decimal(row["Amount"] or 0) for row in deals if row["Deal stage"] == "Closed Won"]
    orphans = [row for row in deals if row["Company name"] is None]
    totals = warehouse.row(
        "(select sum(total_deals) as deals, sum(total_won_deals) as won,"
        " sum(total_revenue) as revenue from marts.companies) as t"
    )
    assert totals == {"deals": len(deals), "won": len(won), "revenue": sum(won)}
    [unassigned] = warehouse.rows("select * from marts.companies where company_id = 'unassigned'")
    assert unassigned["total_deals"] == len(orphans)
    # the spend in the seed is of the months in which this clinic won its doctors, two a specialty
    columns = ("months", "new_companies", "spend")
    assert figures(warehouse, "marts.specialty_ltv_to_cac", "specialty", *columns) == {
        "Cardiologia": (3, 2, Decimal(5450)),
        "Neurologia": (3, 2, Decimal(4500)),
        # the other one came later: to whom the first visit was, nobody wrote down
        "Pediatria": (3, 1, Decimal(2700)),
    }


# --- HubSpot of any other company


def sale(number: str, pipeline: str | None, amount: str | None, company: str | None = None) -> Any:
    """A deal that was won on 5 May."""
    properties = {
        "dealname": "Ana's",
        "pipeline": pipeline,
        "dealstage": f"{pipeline} won",
        "hs_is_closed": "true",
        "hs_is_closed_won": "true",
        "amount": amount,
        "closedate": "2026-05-05T12:00:00Z",
    }
    companies = {"companies": linked("company", company)} if company else None
    return record(number, "2026-01-02", properties, associations=companies)


ANY_COMPANY: Rows = {
    "companies": [
        record("1", "2025-01-10", {"name": "ACME Ltda", "domain": "https://www.acme.com/"}),
        # the same name and domain, and what 1 lacks
        record(
            "2",
            "2025-03-01",
            {"name": "Acme  ltda", "domain": "acme.com", "city": "recife", "industry": "RETAIL "},
        ),
        # the same name with another domain
        record("3", "2025-02-01", {"name": "Acme Ltda", "domain": "acme.de", "industry": "Retail"}),
        # no doctors, nor one
        record("4", "2025-02-01", {"name": "Dr. Oetker"}),
        record("5", "2025-02-01", {"name": "Oetker", "specialty": "Pediatria"}),
        record("6", "2025-02-01", {"name": "IBM"}),
        record("7", "2025-02-01", {"name": "Gone"}, deleted="2026-05-01"),
    ],
    "deals": [
        sale("1", "new", "300", "1"),
        sale("2", "renewals", "200.50", "2"),
        sale("3", "renewals", None, "1"),
        # a pipeline and a company that were not landed
        sale("4", "old", "40", "888"),
        sale("5", None, "10", "6"),
        sale("6", "new", "5", "7"),
    ],
    "pipelines": [
        {
            "id": name,
            "label": label,
            "stages": [stage(f"{name} open", 0), stage(f"{name} won", 1, "true", "1.0")],
        }
        for name, label in {"new": "New  business", "renewals": "Renewals"}.items()
    ],
}


@pytest.fixture(scope="module")
def any_company(postgres: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A company of which nothing is told but that it has HubSpot."""
    warehouse = new_warehouse(postgres, "crm_any_company", tmp_path_factory.mktemp("any_company"))
    land(warehouse.url, "hubspot", ANY_COMPANY)
    models = (
        "--select",
        "+path:models/marts/crm",
        "path:models/staging/hubspot",
        "+fct_order_items",
    )
    tests = (*ONLY_DATA_TESTS, "--indirect-selection", "buildable")
    warehouse.dbt("build", *models, *tests, sources=["hubspot"], as_of=AS_OF)
    return warehouse


def test_what_any_company_sells_is_the_pipeline_of_the_deal(any_company: Warehouse) -> None:
    rows = any_company.rows(
        "select product_name, revenue from marts.fct_order_items order by revenue"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("Renewals", Decimal(0)),
        ("New business", Decimal(5)),
        (None, Decimal(10)),
        ("old", Decimal(40)),
        ("Renewals", Decimal("200.5")),
        ("New business", Decimal(300)),
    ]


def test_any_company_is_the_name_and_the_domain_and_is_called_as_it_is_typed(
    any_company: Warehouse,
) -> None:
    columns = ("company_name", "category", "total_won_deals", "total_revenue")
    assert figures(any_company, "marts.companies", "company_id", *columns) == {
        "1": ("ACME Ltda", "unassigned", 3, Decimal("500.50")),
        "3": ("Acme Ltda", "unassigned", 0, Decimal(0)),
        "4": ("Dr. Oetker", "unassigned", 0, Decimal(0)),
        "5": ("Oetker", "unassigned", 0, Decimal(0)),
        "6": ("IBM", "unassigned", 1, Decimal(10)),
        "unassigned": (None, "unassigned", 2, Decimal(45)),
    }


def test_nothing_of_a_clinic_is_made_for_any_company(any_company: Warehouse) -> None:
    tables = any_company.rows(
        "select table_name from information_schema.tables"
        " where table_name ~ 'special|doctor|acquisition|_to_cac|marketing_spend'"
    )
    assert tables == []


@pytest.mark.nightly
def test_a_clinic_that_names_no_property_of_the_specialty_is_told_to(
    postgres: Path, tmp_path: Path
) -> None:
    warehouse = new_warehouse(postgres, "crm_no_property", tmp_path)
    with pytest.raises(AssertionError, match="wants hubspot_company_category_property beside it"):
        warehouse.dbt("run", sources=["hubspot"], hubspot_clinic=True)


# --- Pipedrive: deals of persons, with stages and custom fields

SOURCE_FIELD, INTERESTS, BUDGET, NOTE, UNKNOWN = (letter * 40 for letter in "abcde")


def deal(number: int, status: str | None, added: str | None, stage: int | None, **more: Any) -> Any:
    """A deal of Pipedrive in pipeline 1; days are noon."""
    times = {
        name: f"{more.pop(name)}T12:00:00Z"
        for name in ("won_time", "lost_time", "stage_change_time", "update_time")
        if name in more
    }
    return {
        "id": number,
        "status": status,
        "add_time": f"{added}T12:00:00Z" if added else None,
        "stage_id": stage,
        "pipeline_id": 1,
        "currency": "BRL",
        **times,
        **more,
    }


def change(number: int, day: str, before: str | None, after: str, key: str = "stage_id") -> Any:
    return {
        "deal_id": number,
        "field_key": key,
        "old_value": before,
        "new_value": after,
        "time": f"{day}T12:00:00Z",
    }


PIPEDRIVE: Rows = {
    "users": [
        {"id": 1, "name": "Rita", "email": "Rita@example.com", "active_flag": True},
        {"id": 2, "name": "Samuel"},
    ],
    "pipelines": [
        {"id": 1, "name": "Vendas", "order_nr": 1, "is_deleted": False},
        {"id": 2, "name": "Parcerias"},
    ],
    "stages": [
        {"id": 11, "name": "Lead", "order_nr": 1, "pipeline_id": 1, "is_deleted": False},
        {"id": 12, "name": "Proposta", "order_nr": 2, "pipeline_id": 1},
        {"id": 13, "name": "Fechamento", "order_nr": 3, "pipeline_id": 1},
        {"id": 21, "name": "Contato", "order_nr": 1, "pipeline_id": 2},
    ],
    "persons": [
        {
            "id": 1,
            "name": "ana lima",
            "org_id": 5,
            "emails": [
                {"value": "other@example.com", "primary": False, "label": "home"},
                {"value": "Ana@Example.com", "primary": True, "label": "work"},
            ],
            "phones": [{"value": "11 98765-4321", "primary": True, "label": "work"}],
            "add_time": "2026-01-05T12:00:00Z",
        },
        {"id": 2, "name": "Bruno", "emails": [], "phones": None},
        {"id": 3, "name": None, "emails": [{"value": "", "primary": True}]},
        {"id": 4, "name": "Carla", "is_deleted": True, "update_time": "2026-04-01T12:00:00Z"},
    ],
    "organizations": [
        {"id": 5, "name": "Acme", "address": {"value": "Rua A, 1", "locality": "Recife"}},
        {"id": 6, "name": None, "address": None},
    ],
    "deals": [
        deal(
            1,
            "won",
            "2026-01-05",
            13,
            value=1000,
            person_id=1,
            org_id=5,
            owner_id=1,
            won_time="2026-02-04",
            stage_change_time="2026-01-20",
            custom_fields={
                SOURCE_FIELD: 2,
                INTERESTS: [11, 10, 99],
                BUDGET: {"value": 1234.5, "currency": "BRL"},
                NOTE: None,
                UNKNOWN: "as it is",
            },
        ),
        deal(
            2,
            "won",
            "2026-05-01",
            12,
            value=500.5,
            person_id=1,
            owner_id=1,
            stage_change_time="2026-05-03",
            won_time="2026-05-09",
            custom_fields=None,
        ),
        deal(3, "lost", "2026-03-01", 11, owner_id=2, lost_time="2026-03-11", person_id=2),
        deal(4, "open", "2026-04-01", 12, value=800, owner_id=2, stage_change_time="2026-04-06"),
        # in the stage before on the as-of date
        deal(5, "open", "2026-05-20", 13, value=700, owner_id=1, stage_change_time="2026-06-05"),
        deal(
            6,
            "deleted",
            "2026-03-01",
            13,
            value=300,
            person_id=2,
            owner_id=1,
            won_time="2026-03-10",
            update_time="2026-04-02",
            is_deleted=True,
        ),
        deal(7, "won", "2026-05-28", 21, pipeline_id=2, won_time="2026-05-28"),
        deal(8, "won", "2026-05-15", 11, value=90, owner_id=1, won_time="2026-06-15"),
        deal(9, "won", "2026-05-15", 11, value=-1, won_time="2026-05-20"),
        deal(10, None, None, None, pipeline_id=None, currency=None),
        deal(
            11,
            "won",
            "2025-12-01",
            12,
            value=250,
            person_id=2,
            owner_id=2,
            won_time="2025-12-10",
            is_archived=True,
        ),
        deal(12, "open", "2026-06-02", 11, value=5, owner_id=1),
        deal(13, "won", "2026-05-15", 11, value=1),
    ],
    "deal_changes": [
        change(1, "2026-01-10", "11", "12"),
        change(1, "2026-01-20", "12", "13"),
        change(1, "2026-01-21", "0", "1000", "value"),
        # moved on in the second it came
        change(4, "2026-04-06", None, "11"),
        change(4, "2026-04-06", "11", "12"),
        change(5, "2026-05-22", "11", "12"),
        change(5, "2026-06-05", "12", "13"),
        # moved on in the second it was made
        change(12, "2026-06-02", "13", "12"),
        change(12, "2026-06-03", "12", "11"),
    ],
    "deal_fields": [
        {
            "field_code": SOURCE_FIELD,
            "field_name": "Origem",
            "field_type": "enum",
            "options": [{"id": 1, "label": "Site"}, {"id": 2, "label": "Indicação"}],
            "is_custom_field": True,
        },
        {
            "field_code": INTERESTS,
            "field_name": "Interesses",
            "field_type": "set",
            "options": [{"id": 10, "label": "Azul"}, {"id": 11, "label": "Verde"}],
        },
        {"field_code": BUDGET, "field_name": "Orçamento", "field_type": "monetary"},
        {"field_code": NOTE, "field_name": "Nota", "field_type": "text", "options": None},
        {"field_code": "title", "field_name": "Título", "field_type": "varchar"},
    ],
    "rejected": [
        {"resource": "deals", "rejected_because": "id is missing", "source_row": '{"id": null}'}
    ],
}


@pytest.fixture(scope="module")
def pipedrive(postgres: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A company that has nothing but Pipedrive."""
    warehouse = new_warehouse(postgres, "crm_pipedrive", tmp_path_factory.mktemp("pipedrive"))
    land(warehouse.url, "pipedrive", PIPEDRIVE)
    warehouse.dbt("build", *ONLY_DATA_TESTS, sources=["pipedrive"], as_of=AS_OF)
    return warehouse


def test_custom_fields_are_told_by_their_names_and_labels(pipedrive: Warehouse) -> None:
    rows = pipedrive.rows("select * from staging.stg_pipedrive__deal_custom_fields")
    assert {row["deal_id"] for row in rows} == {"1"}
    assert {row["field_name"]: row["field_value"] for row in rows} == {
        "Origem": "Indicação",
        # 99 is no option any more
        "Interesses": "99, Azul, Verde",
        "Orçamento": "1234.5",
        UNKNOWN: "as it is",
    }
    assert {row["field_name"]: row["currency"] for row in rows}["Orçamento"] == "BRL"


def test_a_person_has_the_e_mail_that_is_marked(pipedrive: Warehouse) -> None:
    persons = by_id(pipedrive, "staging.stg_pipedrive__persons", "person_id")
    assert persons["1"]["person_name"] == "Ana Lima"
    assert persons["1"]["email"] == "ana@example.com"
    assert persons["1"]["phone"] == "11 98765-4321"
    assert persons["2"]["email"] is persons["3"]["email"] is None


def test_deals_stand_in_the_stage_they_had_come_to_on_the_as_of_date(pipedrive: Warehouse) -> None:
    columns = ("total_deals", "open_deals", "won_deals", "lost_deals", "open_amount", "won_amount")
    assert figures(pipedrive, "marts.deals_by_stage", "stage_name", *columns) == {
        # 3 is lost, 8 is won a fortnight later
        "Lead": (2, 1, 0, 1, Decimal("90.00"), Decimal("0.00")),
        # 2 and 11 are won, 4 and 5 open
        "Proposta": (4, 2, 2, 0, Decimal("1500.00"), Decimal("750.50")),
        "Fechamento": (1, 0, 1, 0, Decimal("0.00"), Decimal("1000.00")),
        "Contato": (1, 0, 1, 0, Decimal("0.00"), Decimal("0.00")),
    }


def test_conversion_is_told_by_stage_and_owner(pipedrive: Warehouse) -> None:
    columns = ("entered_deals", "moved_on_deals", "lost_here_deals", "won_deals", "conversion_rate")
    key = "stage_name || ' ' || coalesce(owner_name, owner_id)"
    assert figures(pipedrive, "marts.stage_conversion", key, *columns) == {
        # 1 and 5 moved on, 8 did not
        "Lead Rita": (3, 2, 0, 1, Decimal("0.666667")),
        # 4 moved on, 3 was lost
        "Lead Samuel": (2, 1, 1, 0, Decimal("0.500000")),
        # 1 moved on, 2 was won from here, 5 moves on only later
        "Proposta Rita": (3, 2, 0, 2, Decimal("0.666667")),
        "Proposta Samuel": (2, 1, 0, 1, Decimal("0.500000")),
        "Fechamento Rita": (1, 1, 0, 1, Decimal("1.000000")),
        "Contato unassigned": (1, 1, 0, 1, Decimal("1.000000")),
    }


def test_time_in_a_stage_is_from_coming_to_leaving_it(pipedrive: Warehouse) -> None:
    columns = ("visits", "ended_visits", "average_days", "median_days")
    assert figures(pipedrive, "marts.time_in_stage", "stage_name", *columns) == {
        # 5, 10, 0 and 2 days; 8 is still there
        "Lead": (5, 4, Decimal("4.25"), Decimal("3.50")),
        # 10, 6 and 9 days; 4 and 5 are still there
        "Proposta": (5, 3, Decimal("8.33"), Decimal("9.00")),
        # 20 January to 4 February
        "Fechamento": (1, 1, Decimal("15.00"), Decimal("15.00")),
        "Contato": (1, 1, Decimal("0.00"), Decimal("0.00")),
    }


def test_the_stage_a_deal_was_made_in_is_known_though_it_was_left_within_a_second(
    pipedrive: Warehouse,
) -> None:
    rows = pipedrive.rows(
        "select stage_id, entered_on, left_on from staging.stg_pipedrive__deal_stage_changes"
        " where deal_id = '12' order by entered_at, left_at"
    )
    second, third = date(2026, 6, 2), date(2026, 6, 3)
    assert [tuple(row.values()) for row in rows] == [
        ("13", second, second),
        ("12", second, third),
        ("11", third, None),
    ]


def test_revenue_is_that_of_won_deals_by_owner_and_month(pipedrive: Warehouse) -> None:
    columns = ("won_deals", "revenue", "average_deal_value")
    key = "to_char(month_starts_on, 'YYYY-MM') || ' ' || owner_id"
    assert figures(pipedrive, "marts.won_revenue", key, *columns) == {
        "2025-12 2": (1, Decimal("250.00"), Decimal("250.00")),
        "2026-02 1": (1, Decimal("1000.00"), Decimal("1000.00")),
        "2026-05 1": (1, Decimal("500.50"), Decimal("500.50")),
        "2026-05 unassigned": (1, Decimal("0.00"), None),
    }


def test_churn_and_the_report_work_for_pipedrive_alone(pipedrive: Warehouse) -> None:
    orders = by_id(pipedrive, "marts.fct_orders", "order_id")
    assert set(orders) == {"1", "2", "6", "7", "11"}
    assert orders["6"]["cancelled_on"] == date(2026, 4, 2)
    churn = figures(pipedrive, "marts.customer_churn", "customer_id", "is_churned", "revenue")
    # 2 came last on 10 December: what was won in March was deleted
    assert churn == {"1": (False, Decimal("1500.50")), "2": (True, Decimal("250.00"))}
    totals = pipedrive.row("marts.rpt_shop_totals")
    assert (totals["customers"], totals["churned_customers"]) == (2, 1)
    assert (totals["orders"], totals["cancelled_orders"]) == (5, 1)
    assert totals["revenue"] == Decimal("1750.50")
    assert totals["dearest_product_name"] == "Vendas"
    week = pipedrive.row("marts.rpt_weekly_report")
    assert (week["orders"], week["revenue"]) == (1, Decimal("0.00"))


def test_deals_of_pipedrive_that_cannot_be_used_are_set_aside(pipedrive: Warehouse) -> None:
    rejected = [row["rejected_because"] for row in pipedrive.rows("table shop.rejected_rows")]
    assert sorted(rejected) == [
        "add_time is missing",
        "id is missing",
        "value is negative",
        "won_time is missing",
    ]


def test_an_earlier_date_knows_only_what_had_happened_by_then(
    postgres: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("pipedrive_earlier")
    warehouse = new_warehouse(postgres, "crm_pipedrive_earlier", folder)
    land(warehouse.url, "pipedrive", PIPEDRIVE)
    only_crm = ("--select", "+path:models/marts/crm")
    warehouse.dbt("run", *only_crm, sources=["pipedrive"], as_of="2026-01-15")
    columns = ("total_deals", "open_deals", "won_deals")
    assert figures(warehouse, "marts.deals_by_stage", "stage_name", *columns) == {
        "Lead": (0, 0, 0),
        # 1 has come to its second stage, 11 is won
        "Proposta": (2, 1, 1),
        "Fechamento": (0, 0, 0),
        "Contato": (0, 0, 0),
    }
    # what was deleted in April was still won on 16 March
    warehouse.dbt("run", *only_crm, sources=["pipedrive"], as_of="2026-03-16")
    won = warehouse.rows("select sum(won_deals) as deals from marts.won_revenue")
    assert won == [{"deals": 3}]


# --- settings, and records of real accounts


def test_companies_and_organizations_can_be_the_customers(
    postgres: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    warehouse = new_warehouse(postgres, "crm_companies", tmp_path_factory.mktemp("companies"))
    land(warehouse.url, "hubspot", ANY_COMPANY)
    land(warehouse.url, "pipedrive", PIPEDRIVE)
    warehouse.dbt(
        *("build", "--select", "+dim_customers", "--exclude-resource-type", "test", "unit_test"),
        sources=["hubspot", "pipedrive"],
        hubspot_customers="companies",
        hubspot_company_category_property="industry",
        pipedrive_customers="organizations",
        as_of=AS_OF,
    )
    key = "source_name || ' ' || customer_id"
    customers = figures(warehouse, "marts.dim_customers", key, "customer_name", "city")
    assert customers["hubspot 1"] == ("ACME Ltda", "Recife")
    assert customers["pipedrive 5"] == ("Acme", "Recife")
    # deleted, and known by an order only
    assert customers["hubspot 7"] == (None, None)
    key = "source_name || ' ' || order_id"
    orders = figures(warehouse, "intermediate.int_orders", key, "customer_id")
    assert orders["hubspot 2"] == ("1",)
    assert orders["hubspot 4"] == (None,)
    assert orders["pipedrive 1"] == ("5",)
    kinds = figures(warehouse, "staging.stg_hubspot__companies", "company_id", "category")
    # as typed, of a duplicate too
    assert (kinds["1"], kinds["3"], kinds["5"]) == (("RETAIL",), ("Retail",), ("unassigned",))


def test_contacts_that_a_real_account_merged_are_one(
    postgres: Path,
    tmp_path_factory: pytest.TempPathFactory,
    shared_data: Callable[[str], Path],
) -> None:
    file = shared_data("crm/fivetran_hubspot_seeds") / "contact_data.csv"
    with file.open(newline="") as lines:
        contacts = [
            record(
                row["id"],
                row["property_createdate"][:10],
                {
                    "firstname": row["property_firstname"],
                    "email": row["property_email"],
                    "hs_merged_object_ids": row["property_hs_merged_object_ids"],
                },
            )
            for row in csv.DictReader(lines)
        ]
    warehouse = new_warehouse(postgres, "crm_merged", tmp_path_factory.mktemp("merged"))
    land(warehouse.url, "hubspot", {"contacts": contacts})
    models = ("--select", "+stg_hubspot__contacts", "+base_hubspot__survivors")
    no_tests = ("--exclude-resource-type", "test", "unit_test")
    warehouse.dbt("build", *models, *no_tests, sources=["hubspot"])
    # 78971951 names three of the others as merged into it
    merged = {"76340251", "46897301", "76226001"}
    ids = {row["id"] for row in contacts}
    assert merged < ids
    assert set(by_id(warehouse, "staging.stg_hubspot__contacts", "contact_id")) == ids - merged
    survivors = by_id(warehouse, "staging.base_hubspot__survivors", "record_id")
    assert {survivors[number]["surviving_id"] for number in merged} == {"78971951"}


def test_a_contact_merged_time_and_again_is_who_is_left(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    chain = [
        record(
            str(number), "2025-01-01", {"firstname": "Ana", "hs_merged_object_ids": str(number - 1)}
        )
        for number in range(201, 212)
    ]
    land(warehouse.url, "hubspot", {"contacts": chain})
    warehouse.dbt("run", "--select", "base_hubspot__merges", sources=["hubspot"])
    merges = by_id(warehouse, "staging.base_hubspot__merges", "record_id")
    assert {row["merged_into_id"] for row in merges.values()} == {"211"}
    assert len(merges) == 11
