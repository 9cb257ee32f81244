"""The data folder, its disk, the assets, and the certificate that signs."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import Final

from flashreel import disk
from flashreel.doctor.finding import Finding, refused
from flashreel.errors import SetupError
from flashreel.jobs.clock import wall_seconds
from flashreel.settings import Settings
from flashreel.storage import Storage

_DAY: Final = 86400.0
_EXPIRY_DAYS: Final = 30


def check_data(settings: Settings) -> Iterator[Finding]:
    folder = disk.nearest(settings.data)
    if folder == settings.data:
        said = f"{folder} can be written"
    else:
        said = f"{settings.data} is not there yet; the first start makes it"
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        remedy = "name another --data, or let the user who runs flashreel write there"
        yield Finding("data", "fail", f"{folder} cannot be written: {error.strerror}", remedy)
        return
    if folder == settings.data and folder.stat().st_mode & 0o077:
        yield Finding(
            "data", "warn", f"{folder} is open to other users", f"chmod 700 {folder}, as `flashreel serve` does"
        )
    else:
        yield Finding("data", "ok", said)


def check_disk(settings: Settings) -> Iterator[Finding]:
    room, least = disk.room(settings), settings.min_free
    said = f"{room.free / 1e9:.1f} GB of {room.total / 1e9:.1f} GB are free, {least / 1e9:.1f} GB are kept free"
    remedy = "make room on the disk, set a storage_quota, or lower retention"
    if room.free < least:
        yield Finding("disk", "fail", f"{said}: no job is accepted", remedy)
    elif room.free < 4 * least:
        yield Finding("disk", "warn", said, remedy)
    else:
        yield Finding("disk", "ok", said)


def check_assets(settings: Settings) -> Iterator[Finding]:
    if not settings.assets.exists():
        yield Finding("assets", "ok", f"{settings.assets} is not there yet; the first start makes it")
        return
    try:
        Storage(settings.assets).check_writable()
    except OSError as error:
        said = f"{settings.assets} cannot be written: {error.strerror or error}"
        yield Finding("assets", "fail", said, "let the user who runs flashreel write there, and see to the disk")
    else:
        yield Finding("assets", "ok", f"{settings.assets} can be written")


def check_certificate(settings: Settings) -> Iterator[Finding]:
    if not settings.provenance:
        yield Finding("certificate", "ok", "videos are not signed (provenance is off)")
        return
    own = settings.provenance_certificate
    file = own or settings.data / "provenance" / "self-made.pem"
    if own is None and settings.provenance_key is None and not file.exists():
        yield Finding("certificate", "ok", "not there yet; the first start makes one")
        return
    from cryptography import x509

    from flashreel.media import certificate
    from flashreel.media.provenance import try_out

    try:
        if own is not None or settings.provenance_key is not None:
            try_out(certificate.load(file.parent, own, settings.provenance_key))
        end = x509.load_pem_x509_certificates(file.read_bytes())[0].not_valid_after_utc
    except SetupError as error:
        yield refused("certificate", error, "give a certificate and its key that C2PA accepts")
        return
    except (OSError, ValueError) as error:
        said = f"{file} cannot be read: {error}".partition("\n")[0]
        yield Finding("certificate", "fail", said, "delete it, and the next start makes another")
        return
    said = f"{file} signs until {end:%Y-%m-%d}"
    if end.timestamp() - wall_seconds() < _EXPIRY_DAYS * _DAY:
        remedy = "renew it" if own is not None else "delete it, and the next start makes another"
        yield Finding("certificate", "warn" if end.timestamp() > wall_seconds() else "fail", said, remedy)
    else:
        yield Finding("certificate", "ok", said)
