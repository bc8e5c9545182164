"""Who visits the pages, and what they may do there."""

import pytest

from include.dashboard.who import Role, Visitor, check_reach, visitor
from include.errors import UserError
from include.settings import DashboardAuth, PersonalData, Settings

OIDC, PROXY = (
    Settings(
        dashboard_auth=login,
        report_personal_data=PersonalData.MASKED,
        dashboard_editors=frozenset({"bia@shop.example"}),
        dashboard_owners=frozenset({"ana@shop.example"}),
    )
    for login in (DashboardAuth.OIDC, DashboardAuth.PROXY)
)


@pytest.mark.parametrize(
    ("name", "role", "personal_data"),
    [
        ("ana@shop.example", Role.OWNER, PersonalData.FULL),
        ("bia@shop.example", Role.EDITOR, PersonalData.MASKED),
        ("anybody@else.example", Role.VIEWER, PersonalData.MASKED),
    ],
)
def test_the_settings_say_which_role_a_name_has(
    name: str, role: Role, personal_data: PersonalData
) -> None:
    expected = Visitor(name, role, personal_data)
    assert visitor(OIDC, {}, name) == expected
    assert visitor(PROXY, {"X-Forwarded-User": name}, None) == expected


def test_who_has_not_logged_in_is_nobody() -> None:
    assert visitor(OIDC, {}, None) is None
    assert visitor(PROXY, {}, None) is None
    assert visitor(PROXY, {"X-Forwarded-User": "  "}, None) is None


def test_a_header_says_nothing_where_no_proxy_is_trusted() -> None:
    assert visitor(OIDC, {"X-Forwarded-User": "ana@shop.example"}, None) is None


def test_who_sits_at_the_machine_is_its_owner() -> None:
    assert visitor(Settings(), {}, None) == Visitor("", Role.OWNER, PersonalData.FULL)


def test_only_editors_and_owners_may_enter_something() -> None:
    names = ("ana@shop.example", "bia@shop.example", "anybody@else.example")
    may = [found.may_edit for name in names if (found := visitor(OIDC, {}, name))]
    assert may == [True, True, False]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.7", "shop.example", "localhost"])  # noqa: S104
def test_without_a_login_no_other_machine_is_answered(host: str) -> None:
    with pytest.raises(UserError, match="set DASHBOARD_AUTH to proxy or oidc"):
        check_reach(Settings(dashboard_host=host))
    check_reach(Settings(dashboard_host=host, dashboard_auth=DashboardAuth.PROXY))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1"])
def test_without_a_login_this_machine_is_answered(host: str) -> None:
    check_reach(Settings(dashboard_host=host))
