"""Every setting, typed, read in one place: the environment, and `.env` where it is silent.

Secrets are not here: they are Airflow connections (see `connections.py`). But the key that encrypts
those which a run gets itself is.
"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import yaml
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from include.dotenv_file import load_dotenv
from include.errors import UserError
from include.paths import DBT_PROJECT, DOTENV, PROJECT, absolute
from include.schemas import why_unfit

DEMO_SHOP = "demo_shop"
SALES_FORM = "sales_form"
"""The source of what people type: it is there with every shop."""


class DashboardAuth(StrEnum):
    """Who is asked for a name before they see a page."""

    NONE = "none"
    """Nobody: the pages are there for this machine only."""
    PROXY = "proxy"
    """A proxy before the pages, which says who it is in the header X-Forwarded-User."""
    OIDC = "oidc"
    """An identity provider: the connection `dashboard_oidc`."""


class PersonalData(StrEnum):
    """What the channel may know of a customer."""

    NONE = "none"
    """Nothing: there is no list."""
    MASKED = "masked"
    """The id, and the first letters of the name."""
    FULL = "full"
    """Name and e-mail address."""


def _sources_of_dbt_project() -> list[str]:
    project = yaml.safe_load((DBT_PROJECT / "dbt_project.yml").read_text())
    return list(dict.fromkeys(project["vars"]["sources"]))


class Settings(BaseSettings):
    """Names are the environment variables' own, in lower case."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    shop_sources: Annotated[list[str], NoDecode] = Field(
        default_factory=_sources_of_dbt_project, min_length=1
    )
    """Staging folders of the shops to report on; `vars: sources` of dbt_project.yml by default."""
    shop_data: Path | None = None
    """Folder with the files of a real shop; `include/data/<source>` by default."""
    shop_data_may_shrink: bool = False
    """Whether a file may have half of last time's rows, or fewer; else it stops the load."""
    shop_time_zone: str = "America/Sao_Paulo"
    """The weekly run's time zone; weeks begin and end in it."""

    demo_customers: int = Field(default=1000, ge=1)
    demo_seed: int = 42
    demo_locale: str = "pt_BR"
    demo_mess: float = 0.02
    """Share of the demo shop's rows with the quality problems real exports have."""

    report_lang: Literal["en", "pt_BR"] = "en"
    report_personal_data: PersonalData = PersonalData.MASKED
    """What the channel may know of customers at risk."""
    report_xlsx: bool = False
    """Whether the list of customers at risk comes as a workbook too."""
    report_pin: bool = False
    """Whether the report is pinned in its chat."""
    report_dashboard_file: bool = False
    """Whether the week as one page, `out/dashboard.html`, comes as a file too."""
    report_dashboard_url: str = ""
    report_airflow_url: str = ""
    """Where buttons below the report lead to: the shop's pages, and the Airflow that made it."""
    report_deadline_minutes: int = Field(default=60, ge=1, le=7 * 24 * 60)
    """How long a run may take before an alert says that its report is late."""
    telegram_api_url: str = "https://api.telegram.org"
    """A self-hosted Bot API server, where there is one."""
    telegram_bot_users: Annotated[frozenset[int], NoDecode] = frozenset()
    """Who may ask the bot in private, beside the chats of the connections."""

    dashboard_auth: DashboardAuth = DashboardAuth.NONE
    """Who asks for a visitor's name; without it the pages listen on this machine only."""
    dashboard_host: str = "127.0.0.1"
    dashboard_port: int = Field(default=8501, ge=1, le=65535)
    """Where the pages, the form and the API are served."""
    dashboard_published_on: str = ""
    """Of a container: the address of its host at which Docker publishes that port."""
    dashboard_editors: Annotated[frozenset[str], NoDecode] = frozenset()
    """Who may enter sales and note contacts, beside the owners: names as the login gives them."""
    dashboard_owners: Annotated[frozenset[str], NoDecode] = frozenset()
    """Who may also see customers' names and e-mail addresses in full."""

    airflow__api__port: int = Field(default=8080, ge=1, le=65535)
    """Port of Airflow's UI and API on 127.0.0.1, as `make up` starts it."""
    warehouse_port: int = Field(default=0, ge=0, le=65535)
    """Port of the embedded Postgres; 0 takes a free one."""
    warehouse_reader: str = ""
    """Role that reads, else `shop_reader` (`warehouse/reader.py`); dbt asks for it itself."""
    warehouse_address: str = ""
    """Where BI tools reach it, as host:port, if not where the programs here do."""
    token_key: SecretStr = SecretStr("")
    """What encrypts the tokens that a source gives anew with each load (`sync/login.py`)."""
    schema_prefix: str = ""
    """In front of the name of every schema of the warehouse; SQL asks `include/schemas.py`."""

    @field_validator(
        "shop_sources", "telegram_bot_users", "dashboard_editors", "dashboard_owners", mode="before"
    )
    @classmethod
    def _split(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return list(dict.fromkeys(part.strip() for part in value.split(",") if part.strip()))

    @field_validator("shop_time_zone")
    @classmethod
    def _zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):  # of a name, of a path, of a folder of zones
            raise ValueError("it is a time zone like America/Sao_Paulo") from None
        return value

    @field_validator("schema_prefix")
    @classmethod
    def _prefix(cls, value: str) -> str:
        if unfit := why_unfit(value):
            raise ValueError(unfit)
        return value

    @field_validator("report_dashboard_url", "report_airflow_url")
    @classmethod
    def _address(cls, value: str) -> str:
        if value and not value.startswith(("https://", "http://")):
            raise ValueError("it is an address that begins with https://")
        return value.rstrip("/")

    @field_validator("shop_data")
    @classmethod
    def _from_project(cls, value: Path | None) -> Path | None:
        return value and absolute(value)

    @property
    def modelled_sources(self) -> list[str]:
        """The sources that dbt has models of; what others bring only lands."""
        staging = DBT_PROJECT / "models" / "staging"
        return [source for source in self.shop_sources if (staging / source).is_dir()]

    @property
    def dbt_vars(self) -> dict[str, Any]:
        """What dbt is told of the shop; other variables make it parse the whole project anew."""
        sources = dict.fromkeys([*self.modelled_sources, SALES_FORM])
        return {"sources": list(sources), "shop_time_zone": self.shop_time_zone}

    def data_folder(self, source: str) -> Path:
        """Where the files of a shop lie."""
        return self.shop_data or PROJECT / "include" / "data" / source


def load_settings() -> Settings:
    """Read the settings; a value that makes no sense is a UserError that names the variable."""
    load_dotenv(DOTENV)
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name, why = str(first["loc"][0]).upper(), first["msg"].removeprefix("Value error, ")
        raise UserError(
            f"The setting {name}={first['input']!r} cannot be used: {why[0].lower() + why[1:]};"
            " correct it in the environment or in .env."
        ) from error
