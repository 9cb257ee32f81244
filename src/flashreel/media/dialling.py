"""Connections to strangers' hosts, for whatever is fetched from them or sent to them."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

import httpcore
import httpx

from flashreel.media.pinned import AddressRefused, Deadline, PinnedBackend, Resolver, Unresolved
from flashreel.media.urls import FetchPolicy, HttpTarget


class Unreachable(Exception):
    """What went wrong, to follow the name of whoever was called."""


@contextmanager
def dialling(policy: FetchPolicy, resolve: Resolver) -> Iterator[httpcore.ConnectionPool]:
    """Connections within `policy.seconds` in all. Each host is resolved once, every address it has must be allowed, and
    one of these very addresses is dialled; SNI, Host and the certificate go by the name. Proxies named in the
    environment are not used. Raises Unreachable."""
    try:
        with httpcore.ConnectionPool(
            ssl_context=_tls(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")),
            max_keepalive_connections=0,
            network_backend=PinnedBackend(policy, resolve, Deadline(policy.seconds)),
        ) as pool:
            yield pool
    except httpcore.TimeoutException:
        raise Unreachable(f"did not answer in full within {policy.seconds:g} s") from None
    except AddressRefused:
        raise Unreachable("leads to an address that is not public") from None
    except Unresolved:
        raise Unreachable("names a host that does not exist") from None
    except httpcore.ConnectError as error:
        if isinstance(error.__cause__ or error.__context__, ssl.SSLError):
            raise Unreachable("could not be opened securely: the server's certificate or TLS fails") from None
        raise Unreachable("could not be connected to") from None
    except (httpcore.NetworkError, httpcore.ProtocolError):
        raise Unreachable("broke off, or its answer is not HTTP") from None


@lru_cache(maxsize=1)
def _tls(*_: str | None) -> ssl.SSLContext:
    """Certificates of the authorities trusted here, or of those the environment names: reading them takes longer than
    many a fetch."""
    return httpx.create_ssl_context()


def core_url(target: HttpTarget) -> httpcore.URL:
    return httpcore.URL(
        scheme=target.scheme.encode(), host=target.host.encode(), port=target.port, target=target.path.encode()
    )
