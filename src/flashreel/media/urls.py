"""What can be said about an image URL without opening it. Standard library only: the API process checks with this."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final
from urllib.parse import quote, urlsplit

from flashreel.errors import InvalidRequest
from flashreel.media.kinds import image_type

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

#: Longest http(s) URL that is looked at; signed storage URLs reach 2,500 characters.
URL_MAX: Final = 8192
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_NAT64: Final = IPv6Network("64:ff9b::/96")
#: Not public, though not every Python release's `ipaddress` says so: carrier NAT, protocol assignments (where a cloud
#: keeps its metadata), relays and tunnels that end at an IPv4 address of the sender's choosing, NAT64's local prefix,
#: site-local.
_NEVER: Final[tuple[Network, ...]] = (
    IPv4Network("100.64.0.0/10"),
    IPv4Network("192.0.0.0/24"),
    IPv4Network("192.88.99.0/24"),
    IPv6Network("2001::/32"),
    IPv6Network("2002::/16"),
    IPv6Network("64:ff9b:1::/48"),
    IPv6Network("fec0::/10"),
)
_BAD_CHARACTER: Final = re.compile(r"[\x00-\x20\x7f\\]")
_HOST_NAME: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
_BRACKETED: Final = re.compile(r"\[[^\[\]]*\](:[0-9]*)?")
_NUMERIC_LABEL: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
_BASE64: Final = re.compile(r"[A-Za-z0-9+/=\s]+")
#: What comes before the comma of a data URI: longer ones are not looked at, since patterns take gigabytes for those.
DATA_HEAD_MAX: Final = 200
_DATA_HEAD: Final = re.compile(r"data:(?P<type>[a-z0-9.+-]+/[a-z0-9.+-]+)(;[^;,]*)*;base64", re.IGNORECASE)

#: What base64 has besides letters and digits, and white space, as URIs may write it.
_CODES: Final = tuple(
    (f"%{spelled}", chr(int(code, 16)))
    for code in ("2B", "2F", "3D", "09", "0A", "0D", "20")
    for spelled in {code, code.lower()}
)


@dataclass(frozen=True, slots=True)
class FetchPolicy:
    """What may be fetched, beyond public addresses on ports 80 and 443: an operator's allow list.

    `allow_hosts` are names (lower case) whose addresses are not checked, `allow_networks` address ranges that count
    as public, `allow_ports` further ports. `max_bytes` caps the decoded body, `seconds` the whole fetch.
    """

    allow_hosts: frozenset[str] = frozenset()
    allow_networks: tuple[Network, ...] = ()
    allow_ports: frozenset[int] = frozenset()
    max_bytes: int = 20_000_000
    seconds: float = 10.0

    def allows(self, host: str, address: Address) -> bool:
        """Whether `host` may be dialled at `address`, one of those it resolved to."""
        if host in self.allow_hosts:
            return True
        inner = _embedded(address)
        return _is_public(inner) or any(inner in network for network in self.allow_networks)


@dataclass(frozen=True, slots=True)
class HttpTarget:
    """An http(s) URL taken apart: `host` is ASCII without brackets or closing dot, `path` is percent-encoded with the
    query. `address` is set where the host is an address, or is known to mean one (localhost)."""

    scheme: str
    host: str
    port: int
    path: str
    address: Address | None


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """The CIDR ranges of a setting. Raises ValueError for one that is none."""
    return tuple(ip_network(text) for text in texts)


def check_url(url: str, field: str, policy: FetchPolicy) -> None:
    """Raises InvalidRequest for an image URL that can never be fetched: by scheme, syntax, credentials, port, a
    literal private address, or a data URI that is broken, too large or no image."""
    try:
        if is_data_uri(url):
            decode_data_uri(url, policy)
        else:
            parse_http(url, policy)
    except ValueError as refusal:
        raise _refuse(url, field, refusal, ", or a base64 data: URI of an image") from None


def check_http(url: str, field: str, policy: FetchPolicy) -> None:
    """Raises InvalidRequest for a URL that can never be called, as `check_url` does, data URIs among them."""
    try:
        parse_http(url, policy)
    except ValueError as refusal:
        raise _refuse(url, field, refusal) from None


def _refuse(url: str, field: str, refusal: ValueError, more: str = "") -> InvalidRequest:
    shown = _shown(url)
    allowed = f"an http or https URL of a public host{more}"
    return InvalidRequest(f"{field} {refusal}: '{shown}'. Allowed: {allowed}.", field=field, value=shown)


def is_data_uri(url: str) -> bool:
    return url[:5].lower() == "data:"


def as_data_uri(text: str) -> str | None:
    """The data URI of an image that was sent as bare base64; None for what does not begin like one."""
    head = "".join(text[:1024].split())  # enough for every beginning that `image_type` looks at
    if not _BASE64.fullmatch(head):
        return None
    whole = len(head) // 4 * 4
    try:
        kind = image_type(base64.b64decode(head[:whole]))
    except ValueError:
        return None
    return kind and f"data:{kind};base64,{text}"


def parse_http(url: str, policy: FetchPolicy) -> HttpTarget:
    """Takes an http(s) URL apart, strictly. Raises ValueError with what is wrong, to follow the field's name."""
    if len(url) > URL_MAX:
        raise ValueError(f"is longer than {URL_MAX} characters")
    # urlsplit drops tabs and newlines and takes backslashes as they come; other readers of the same text do not.
    if _BAD_CHARACTER.search(url):
        raise ValueError("has a space, backslash or control character")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("is not a valid URL") from None
    if parts.scheme not in _DEFAULT_PORTS:
        raise ValueError("is not an http or https URL")
    if "@" in parts.netloc:
        raise ValueError("carries credentials")
    # Older releases of Python take [::1].example.com for [::1].
    if "[" in parts.netloc and not _BRACKETED.fullmatch(parts.netloc):
        raise ValueError("is not a valid URL")
    host, address = _host(parts.hostname or "", bracketed="[" in parts.netloc)
    if port is None:
        port = _DEFAULT_PORTS[parts.scheme]
    if port not in _DEFAULT_PORTS.values() and port not in policy.allow_ports:
        raise ValueError(f"names port {port}, which is not allowed")
    if address is not None and not policy.allows(host, address):
        raise ValueError("leads to an address that is not public")
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    query = quote(parts.query, safe="/%:@!$&'()*+,;=~-._?")
    return HttpTarget(parts.scheme, host, port, f"{path}?{query}" if query else path, address)


def decode_data_uri(url: str, policy: FetchPolicy) -> bytes:
    """The bytes of a base64 image data URI. Raises ValueError with what is wrong, to follow the field's name."""
    comma = url.find(",", 0, DATA_HEAD_MAX)
    head = _DATA_HEAD.fullmatch(url, 0, comma) if comma >= 0 else None
    if head is None:
        raise ValueError("is not a base64 data: URI with a media type")
    media_type = head["type"].lower()
    if not media_type.startswith("image/") or media_type.startswith("image/svg"):
        raise ValueError(f"is not an image: {media_type}")
    data = decode_base64(url[comma + 1 :], policy.max_bytes)
    if data is None:
        raise ValueError(f"is larger than {policy.max_bytes / 1e6:g} MB")
    if not data:
        raise ValueError("is empty")
    return data


def decode_base64(text: str, most: int) -> bytes | None:
    """The bytes of base64 as it stands in a data URI: with or without padding and white space, `+/=` also as percent
    codes. None where there are more than `most`. Raises ValueError with what is wrong, to follow the field's name."""
    if "%" in text:  # not `unquote`: millions of codes take it seconds and gigabytes
        for code, character in _CODES:
            text = text.replace(code, character)
    text = "".join(text.split()).rstrip("=")
    if len(text) * 3 // 4 > most:
        return None
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:  # binascii.Error is one
        raise ValueError("is not valid base64") from None


def _host(host: str, *, bracketed: bool) -> tuple[str, Address | None]:
    """The host in ASCII, and its address if it is one."""
    if bracketed:
        if "%" in host:
            raise ValueError("has no valid host")
        try:
            return host, IPv6Address(host)
        except ValueError:
            raise ValueError("has no valid host") from None
    try:
        # Before anything is compared: full-width digits and dots are digits and dots to a resolver.
        name = host.encode("idna").decode("ascii").lower().removesuffix(".")
    except UnicodeError:
        raise ValueError("has no valid host") from None
    if not _HOST_NAME.fullmatch(name):
        raise ValueError("has no valid host")
    if name == "localhost" or name.endswith(".localhost"):
        return name, IPv4Address("127.0.0.1")
    if _NUMERIC_LABEL.fullmatch(name.rpartition(".")[2]):
        # No top-level domain is a number: 127.1, 0x7f.1 and 2130706433 are addresses to inet_aton, not to us.
        try:
            return name, IPv4Address(name)
        except ValueError:
            raise ValueError("has no valid host") from None
    return name, None


def parse_address(text: str) -> Address:
    """An address as a resolver writes it; a zone (`%eth0`) is kept and makes no difference to the checks."""
    return ip_address(text)


def _embedded(address: Address) -> Address:
    """The IPv4 address that an IPv4-mapped or NAT64 (RFC 6052) address leads to, else the address itself."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address


def _is_public(address: Address) -> bool:
    return address.is_global and not (
        address.is_multicast
        or address.is_reserved
        or address.is_link_local
        or address.is_unspecified
        or any(address in network for network in _NEVER)
    )


def _shown(url: str) -> str:
    """The URL as an error repeats it: without a password, printable, at most 100 characters."""
    bare = re.sub(r"//[^/?#]*@", "//***@", url, count=1)
    text = "".join(c if c.isprintable() else "?" for c in bare[:101])
    return text if len(text) <= 100 else text[:97] + "..."
