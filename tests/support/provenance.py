"""What tests of provenance need: certificates as an operator has them, images that carry a manifest, a look inside."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import c2pa
import numpy as np
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from PIL import Image

from flashreel.media.certificate import Identity
from flashreel.media.ingredients import C2PA_SETTINGS

Key = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey
PEM = serialization.Encoding.PEM


@dataclass(frozen=True)
class Pair:
    """An operator's files."""

    certificate: Path
    key: Path


def operators_pair(
    folder: Path,
    key: Key,
    *,
    days: tuple[float, float] = (-1, 30),
    purpose: x509.ObjectIdentifier = ExtendedKeyUsageOID.EMAIL_PROTECTION,
) -> Pair:
    """Certificates for `key` that are good from `days[0]` to `days[1]` from now, and the key, as files."""
    now = dt.datetime.now(dt.UTC)
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority_name = _name("an authority")

    def certificate(subject: x509.Name, of: Key, *, is_authority: bool) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder(authority_name, subject, of.public_key(), x509.random_serial_number())
            .not_valid_before(now + dt.timedelta(days=days[0]))
            .not_valid_after(now + dt.timedelta(days=days[1]))
            .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
            .add_extension(_usage(signs=not is_authority), critical=True)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), False)
        )
        if not is_authority:
            builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), False)
        return builder.sign(authority_key, hashes.SHA256())

    chain = (
        certificate(_name("the operator"), key, is_authority=False),
        certificate(authority_name, authority_key, is_authority=True),
    )
    pair = Pair(folder / "operator.pem", folder / "operator.key")
    pair.certificate.write_bytes(b"".join(one.public_bytes(PEM) for one in chain))
    pair.key.write_bytes(private_pem(key))
    return pair


def private_pem(key: Key, password: bytes | None = None) -> bytes:
    encryption = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, encryption)


def _name(common: str) -> x509.Name:
    names = {NameOID.ORGANIZATION_NAME: "An operator", NameOID.COMMON_NAME: common}
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in names.items()])


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(signs, False, False, False, False, not signs, not signs, False, False)


def picture(format: str = "JPEG", **options: Any) -> bytes:
    """An image file, 96x64, of random blocks."""
    blocks = np.random.default_rng(3).integers(0, 256, (8, 12, 3), np.uint8)
    data = BytesIO()
    Image.fromarray(np.kron(blocks, np.ones((8, 8, 1), np.uint8))).save(data, format, **options)
    return data.getvalue()


def photograph(identity: Identity, format: str = "JPEG") -> bytes:
    """The same as a camera with C2PA would have made it: its manifest, entitled "a photograph", says so."""
    signer = c2pa.Signer.from_info(c2pa.C2paSignerInfo(identity.algorithm, identity.certificates, identity.key, None))
    capture = "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"
    actions = {"actions": [{"action": "c2pa.created", "digitalSourceType": capture}]}
    manifest = {"title": "a photograph", "assertions": [{"label": "c2pa.actions.v2", "data": actions}]}
    signed = BytesIO()
    with c2pa.Builder(manifest, context=c2pa.Context.from_dict(C2PA_SETTINGS)) as builder:
        builder.sign(signer, f"image/{format.lower()}", BytesIO(picture(format)), signed)
    return signed.getvalue()


@dataclass(frozen=True)
class Seen:
    """What C2PA's own reader, with its defaults, finds in a file."""

    state: str
    store: dict[str, Any]

    @property
    def manifest(self) -> dict[str, Any]:
        found: dict[str, Any] = self.store["manifests"][self.store["active_manifest"]]
        return found

    @property
    def created(self) -> dict[str, Any]:
        """The one action."""
        (action,) = self.assertions["c2pa.actions.v2"]["actions"]
        assert action["action"] == "c2pa.created"
        found: dict[str, Any] = action
        return found

    @property
    def assertions(self) -> dict[str, Any]:
        return {one["label"]: one["data"] for one in self.manifest["assertions"]}

    @property
    def ingredients(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.manifest.get("ingredients", [])
        return found


def look(path: Path) -> Seen:
    with c2pa.Reader(path) as reader:
        return Seen(reader.get_validation_state(), json.loads(reader.json()))
