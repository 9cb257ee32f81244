"""The certificate that signs what is made: one of our own making, or the operator's."""

from __future__ import annotations

import datetime as dt
import os
import re
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from flashreel.errors import SetupError

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

#: A signature without a time stamp reads as valid until its certificate ends. So a certificate of ours lasts long, and
#: signs during the first half of its life only: no file becomes invalid within five years.
_YEAR: Final = 365.25 * 86400
LIFE: Final = 10 * _YEAR
SIGNING_LIFE: Final = 5 * _YEAR
#: It begins a day ago: clocks differ.
_SLACK: Final = 86400.0

#: Key and certificates are one file, so that no reader can meet half a pair. PEM allows text before its blocks; ours is
#: the Unix time at which the next one is made.
_FILE: Final = "self-made.pem"
_RENEWED: Final = re.compile(rb"\Arenewed at ([0-9]+)\n")
_KEY_BLOCK: Final = re.compile(rb"-----BEGIN PRIVATE KEY-----.+?-----END PRIVATE KEY-----\n", re.DOTALL)
_CERTIFICATE_BLOCK: Final = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----\n", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who signs: the certificates as PEM, the signer's first, its private key as PEM (PKCS 8), and the algorithm in
    C2PA's name for it."""

    certificates: bytes
    key: bytes = field(repr=False)
    algorithm: str = "es256"


def load(folder: Path, certificate: Path | None = None, key: Path | None = None) -> Identity:
    """The operator's identity from `certificate` and `key`, PEM files, if both are given; else the self-made one, which
    lies in `folder` and is made there at the first call, once, however many processes call.

    Raises SetupError saying which file cannot be used and why.
    """
    if certificate is not None and key is not None:
        return _operators(certificate, key)
    if certificate is not None or key is not None:
        given, missing = ("key", "certificate") if certificate is None else ("certificate", "key")
        raise SetupError(f"provenance_{given} is given without provenance_{missing}; they go together")
    file = folder / _FILE
    try:
        found = _read(file)
        if found is None:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _place(_made(), file, replace=False)
        elif found[1] <= time.time():
            with suppress(OSError):  # a full disk, say: this one is good for years yet
                _place(_made(), file, replace=True)
        else:
            return found[0]
        found = _read(file)
    except OSError as error:
        raise SetupError(f"the signing certificate {file} cannot be read or made: {error.strerror}") from error
    if found is None:
        raise SetupError(f"the signing certificate {file} was removed just after it was made")
    return found[0]


def _read(file: Path) -> tuple[Identity, float] | None:
    """The self-made identity and when it is to be renewed; None where there is none. Without a library: a clip should
    not wait for one."""
    try:
        data = file.read_bytes()
    except FileNotFoundError:
        return None
    renewed, key, certificates = _RENEWED.match(data), _KEY_BLOCK.search(data), _CERTIFICATE_BLOCK.findall(data)
    if renewed is None or key is None or len(certificates) != 2:
        raise SetupError(f"the signing certificate {file} is damaged; delete it, and another is made")
    return Identity(b"".join(certificates), key[0]), float(renewed[1])


def _place(data: bytes, file: Path, *, replace: bool) -> None:
    """Writes the file whole. Without `replace`, one that somebody else has put there meanwhile stays."""
    descriptor, name = tempfile.mkstemp(prefix=".new-", dir=file.parent)  # readable by its owner alone
    try:
        with os.fdopen(descriptor, "wb") as new:
            new.write(data)
            new.flush()
            os.fsync(new.fileno())
        if replace:
            Path(name).replace(file)
        else:
            with suppress(FileExistsError):
                file.hardlink_to(name)
    finally:
        Path(name).unlink(missing_ok=True)


def _made() -> bytes:
    """A new key with its certificate, and that of the authority that signed it, whose own key is thrown away. It takes
    an authority because whoever wants to trust this signer can only add one to a trust list."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    now = time.time()
    begin, end = (dt.datetime.fromtimestamp(at, dt.UTC) for at in (now - _SLACK, now + LIFE))

    def name(common: str) -> x509.Name:
        organization = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "flashreel (self-made)")
        return x509.Name([organization, x509.NameAttribute(NameOID.COMMON_NAME, common)])

    def usage(*, signs: bool, certifies: bool) -> x509.KeyUsage:
        return x509.KeyUsage(
            digital_signature=signs,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=certifies,
            crl_sign=certifies,
            encipher_only=False,
            decipher_only=False,
        )

    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority_name = name("self-made authority")

    def certificate(subject: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder(issuer_name=authority_name, subject_name=subject, public_key=public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin)
            .not_valid_after(end)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        )

    authority = (
        certificate(authority_name, authority_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage(signs=False, certifies=True), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    signer = (
        certificate(name("self-made certificate of one installation"), key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage(signs=True, certifies=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()),
            critical=False,
        )
        .sign(authority_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    renewed = f"renewed at {int(now + SIGNING_LIFE)}\n".encode()
    return renewed + secret + signer.public_bytes(pem) + authority.public_bytes(pem)


def _operators(certificate: Path, key: Path) -> Identity:
    """The operator's pair. What only C2PA asks of a certificate is for C2PA to say (`provenance.try_out`)."""
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization

    def content(setting: str, path: Path) -> bytes:
        try:
            return path.read_bytes()
        except OSError as error:
            raise SetupError(f"{setting} is {str(path)!r}: it cannot be read: {error.strerror}") from error

    chain_data, key_data = content("provenance_certificate", certificate), content("provenance_key", key)
    try:
        chain = x509.load_pem_x509_certificates(chain_data)
    except ValueError as error:
        raise SetupError(f"provenance_certificate is {str(certificate)!r}: it holds no PEM certificate") from error
    try:
        private = serialization.load_pem_private_key(key_data, password=None)
    except TypeError as error:
        raise SetupError(f"provenance_key is {str(key)!r}: it is encrypted; it must be without a password") from error
    except ValueError as error:
        raise SetupError(f"provenance_key is {str(key)!r}: it holds no PEM private key") from error
    algorithm = _algorithm(private)
    if algorithm is None:
        kinds = "P-256, P-384, P-521, Ed25519, or RSA of 2048 bits or more"
        raise SetupError(f"provenance_key is {str(key)!r}: it is a key of another kind than {kinds}")
    if private.public_key() != chain[0].public_key():
        raise SetupError(
            f"provenance_key is {str(key)!r}: it is not the key of the first certificate in {str(certificate)!r}"
        )
    _check_dates(chain[0], certificate)
    encoding, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    return Identity(
        b"".join(one.public_bytes(encoding) for one in chain),
        private.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain),
        algorithm,
    )


def _algorithm(key: PrivateKeyTypes) -> str | None:
    """C2PA's name for how this key signs; None where it has none."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    if isinstance(key, ec.EllipticCurvePrivateKey):
        return {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}.get(key.curve.name)
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return "ed25519"
    return "ps256" if isinstance(key, rsa.RSAPrivateKey) and key.key_size >= 2048 else None


def _check_dates(certificate: x509.Certificate, path: Path) -> None:
    now = dt.datetime.now(dt.UTC)
    for is_wrong, word, date in (
        (now < certificate.not_valid_before_utc, "is not valid before", certificate.not_valid_before_utc),
        (now > certificate.not_valid_after_utc, "has expired on", certificate.not_valid_after_utc),
    ):
        if is_wrong:
            raise SetupError(f"provenance_certificate is {str(path)!r}: it {word} {date:%Y-%m-%d %H:%M} UTC")
