"""One reader of REDIS_URL: broker and cache both want a certificate that somebody signed."""

import datetime
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from celery import Celery
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.core.cache.backends.redis import RedisCache
from kombu.exceptions import OperationalError
from redis import ConnectionError as RedisConnectionError

from partnerhub.env import Environment

HOST = "127.0.0.1"


def certificate(folder: Path, name: str) -> Path:
    """A certificate that signs itself, with its key, for the host name `name`."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{name}.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return path


class Spy:
    """A TLS server that notes whether anybody said a word to it after the handshake."""

    def __init__(self, own: Path) -> None:
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(own)
        self.heard: list[bytes] = []
        self.listener = socket.create_server((HOST, 0))
        self.port: int = self.listener.getsockname()[1]
        Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                plain, _ = self.listener.accept()
                plain.settimeout(2)
                with suppress(OSError), self.context.wrap_socket(plain, server_side=True) as one:
                    self.heard.append(one.recv(1000))
                plain.close()


@pytest.fixture
def spy(tmp_path: Path) -> Iterator[Any]:
    """Starts such servers with a certificate for a name."""
    started = []

    def start(name: str) -> tuple[Spy, Path]:
        path = certificate(tmp_path, name)
        started.append(Spy(path))
        return started[-1], path

    yield start
    for one in started:
        one.listener.close()


def publish(url: str, tls: dict[str, str]) -> None:
    """As a web process publishes a task."""
    options = {"socket_timeout": 2, "socket_connect_timeout": 2, "max_retries": 0}
    with Celery(broker=url, broker_use_ssl=tls, broker_transport_options=options) as app:
        app.send_task("x", retry=False)


def ask(url: str, tls: dict[str, str]) -> None:
    """As a page asks the cache."""
    params = {"OPTIONS": {"socket_timeout": 2, "socket_connect_timeout": 2, **tls}}
    RedisCache(url, params).get("x")


@pytest.mark.parametrize("user", [publish, ask])
@pytest.mark.parametrize(
    ("name", "known", "spoken"),
    [("localhost", False, False), ("elsewhere.example", True, False), ("localhost", True, True)],
    ids=["signed by nobody known", "of another host", "right"],
)
def test_certificate_is_verified(spy: Any, user: Any, name: str, known: bool, spoken: bool):
    """Before, tasks went to whoever answered."""
    server, authority = spy(name)
    query = f"?ssl_ca_certs={authority}" if known else ""
    env = Environment({"REDIS_URL": f"rediss://localhost:{server.port}/0{query}"})
    with pytest.raises((RedisConnectionError, OperationalError)):
        user(*env.redis())
    assert env.wrong == []
    assert bool(server.heard) is spoken
