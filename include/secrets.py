"""Keeps secrets out of what is told to people, and out of logs.

In a task Airflow's masker knows them besides: `connections.from_airflow` tells it.
"""

import logging
import re

_SECRETS = re.compile(
    r"(?P<url>\w://)[^\s/]*@"  # login and password in a URL
    r"|(?<!\d)\d{5,}:[\w-]{20,}"  # a bot's token
    r"|\bshp[a-z]{2}_\w+"  # Shopify's tokens and secrets
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


def silence_libraries() -> None:
    """Keep the libraries' loggers quiet: they log URLs and answers, which hold the bot's token."""
    for name in ("httpx", "httpcore", "telegram", *logging.root.manager.loggerDict):
        if name.split(".")[0] in ("httpx", "httpcore", "telegram"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
