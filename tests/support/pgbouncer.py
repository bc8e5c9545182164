"""A pooler in transaction mode before a server: the next transaction may be in another session."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

PROGRAM = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")

CONFIGURATION = """\
[databases]
* = host={host} port={port} user={user} password='{password}'
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen}
auth_type = any
pool_mode = transaction
default_pool_size = {size}
unix_socket_dir =
logfile = {folder}/log
pidfile = {folder}/pid
"""


@contextmanager
def pooled(url: str, sessions: int, *configured: str) -> Iterator[str]:
    """URL of the same database behind a pool of so many sessions; skips without pgbouncer.

    `configured` are more lines of its configuration.
    """
    if PROGRAM is None:
        pytest.skip("needs pgbouncer: apt-get install pgbouncer")
    to = urlsplit(url)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        listen = probe.getsockname()[1]
    folder = Path(tempfile.mkdtemp(prefix="pgbouncer-"))
    folder.chmod(0o777)
    file = folder / "pgbouncer.ini"
    file.write_text(
        CONFIGURATION.format(
            host=to.hostname,
            port=to.port,
            user=unquote(to.username or ""),
            password=unquote(to.password or ""),
            listen=listen,
            size=sessions,
            folder=folder,
        )
        + "\n".join(configured)
    )
    # it refuses to be root
    user = "nobody" if os.geteuid() == 0 else None
    with subprocess.Popen([PROGRAM, "--quiet", str(file)], user=user) as process:
        try:
            _wait_for(listen, process)
            yield f"postgresql://{to.netloc.rpartition('@')[0]}@127.0.0.1:{listen}{to.path}"
        finally:
            process.kill()
    shutil.rmtree(folder)


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    while True:
        assert process.poll() is None, "pgbouncer did not start"
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
