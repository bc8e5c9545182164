"""Who visits, and what they may do: a name by the login, a role by the settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from ipaddress import ip_address

from include.errors import UserError
from include.settings import DashboardAuth, PersonalData, Settings

PROXY_HEADER = "X-Forwarded-User"


class Role(IntEnum):
    """What a visitor may do; each may do what those before may."""

    VIEWER = 1
    """Look; customers' names as REPORT_PERSONAL_DATA says."""
    EDITOR = 2
    """Enter sales, note contacts."""
    OWNER = 3
    """See names and e-mail addresses in full."""


@dataclass(frozen=True)
class Visitor:
    """Somebody who looks at a page; `name` is empty where nobody is asked for one."""

    name: str
    role: Role
    personal_data: PersonalData

    @property
    def may_edit(self) -> bool:
        """Whether they may enter something."""
        return self.role >= Role.EDITOR


def visitor(settings: Settings, headers: Mapping[str, str], login: str | None) -> Visitor | None:
    """Who sent a request; None is somebody who has to log in first.

    Args:
        settings: which login there is, and who has which role.
        headers: the request's; read only where a proxy is trusted.
        login: the e-mail address that the identity provider vouched for.
    """
    match settings.dashboard_auth:
        case DashboardAuth.NONE:
            return Visitor("", Role.OWNER, PersonalData.FULL)
        case DashboardAuth.PROXY:
            name = headers.get(PROXY_HEADER, "").strip()
        case DashboardAuth.OIDC:
            name = (login or "").strip()
    return _with_role(settings, name) if name else None


def _with_role(settings: Settings, name: str) -> Visitor:
    if name in settings.dashboard_owners:
        return Visitor(name, Role.OWNER, PersonalData.FULL)
    role = Role.EDITOR if name in settings.dashboard_editors else Role.VIEWER
    return Visitor(name, role, settings.report_personal_data)


def check_reach(settings: Settings) -> None:
    """Refuse to be reached from other machines while nobody is asked who they are."""
    if settings.dashboard_auth is not DashboardAuth.NONE:
        return
    name, host = "DASHBOARD_HOST", settings.dashboard_host
    if settings.dashboard_published_on:  # a container listens to all of its own, small network
        name, host = "DASHBOARD_PUBLISHED_ON", settings.dashboard_published_on
    if not _is_this_machine(host):
        raise UserError(
            f"With {name}={host} anybody could read the shop's figures: set DASHBOARD_AUTH to proxy"
            " or oidc, or leave the host at 127.0.0.1."
        )


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:  # a name: that of this machine may be looked up to be any
        return False
