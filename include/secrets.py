"""Keeps secrets out of what is told to people."""

import re

_SECRETS = re.compile(
    r"(?P<url>\w://)[^\s/]*@"  # login and password in a URL
    r"|(?<!\d)\d{5,}:[\w-]{20,}"  # a bot's token
    r"|(?P<connection>AIRFLOW_CONN_\w+=)\S+"
    r"|(?P<name>(?:password|passwd|pwd|secret|token|api_?key)[\"']?\s*(?:=|:(?=\s*[\"']))\s*)"
    r"(?:\"[^\"]*\"|'[^']*'|[^\s,;&]+)",
    re.IGNORECASE,
)


def scrub(text: str, secrets: tuple[str, ...] = ()) -> str:
    """The text without `secrets`, and without whatever looks like a password or a token."""
    for secret in secrets:
        text = text.replace(secret, "***")
    return _SECRETS.sub(
        lambda found: (
            f"{found['url'] or found['connection'] or found['name'] or ''}***"
            + ("@" if found["url"] else "")
        ),
        text,
    )
