"""Postgres over TLS with a CA of its own, as it is rented: a door before the tests' server.

Who comes without TLS is refused, and who comes without a certificate of this CA, too.
"""

import asyncio
import datetime
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

SSL_REQUEST = b"\x00\x00\x00\x08\x04\xd2\x16\x2f"


@dataclass(frozen=True)
class Authority:
    """A CA that writes keys and certificates into a folder."""

    folder: Path
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def path(self) -> Path:
        """The file that who connects verifies with."""
        return self.folder / "ca.crt"

    def issue(self, name: str) -> tuple[Path, Path]:
        """A certificate for a name, which serves 127.0.0.1, and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            _unsigned(name, self.certificate.subject, key)
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]),
                critical=False,
            )
            .sign(self.key, hashes.SHA256())
        )
        paths = self.folder / f"{name}.crt", self.folder / f"{name}.key"
        paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        paths[1].touch(mode=0o600)
        paths[1].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return paths


def new_authority(folder: Path) -> Authority:
    """A CA that nobody knows yet."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "The tests' CA")])
    certificate = (
        _unsigned("The tests' CA", name, key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    authority = Authority(folder, key, certificate)
    authority.path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return authority


def _unsigned(
    name: str, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
    )


@contextmanager
def tls_front(url: str, folder: Path) -> Iterator[str]:
    """URL of the same database behind the door, with all that it takes to be let in."""
    authority = new_authority(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue("server"))
    context.load_verify_locations(authority.path)
    context.verify_mode = ssl.CERT_REQUIRED
    to = urlsplit(url)
    certificate, key = authority.issue("client")
    told = {
        "sslmode": "verify-full",
        "sslrootcert": authority.path,
        "sslcert": certificate,
        "sslkey": key,
    }
    query = urlencode(told, quote_via=quote, safe="")
    login = to.netloc.rpartition("@")[0]

    async def let_in(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hung_up = (OSError, asyncio.IncompleteReadError, asyncio.CancelledError)
        with suppress(*hung_up), closing(writer):
            if await reader.readexactly(len(SSL_REQUEST)) != SSL_REQUEST:
                return
            writer.write(b"S")
            await writer.start_tls(context)
            inner, server = await asyncio.open_connection(to.hostname, to.port)
            with closing(server):
                await asyncio.gather(_pass_on(reader, server), _pass_on(inner, writer))

    where: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event, int]] = Future()

    async def serve() -> None:
        door, end = await asyncio.start_server(let_in, "127.0.0.1", 0), asyncio.Event()
        port = door.sockets[0].getsockname()[1]
        where.set_result((asyncio.get_running_loop(), end, port))
        await end.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    loop, end, port = where.result(timeout=10)
    try:
        yield f"postgresql://{login}@127.0.0.1:{port}{to.path}?{query}"
    finally:
        loop.call_soon_threadsafe(end.set)
        thread.join()


async def _pass_on(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(OSError), closing(sink):
        while some := await source.read(65536):
            sink.write(some)
            await sink.drain()
