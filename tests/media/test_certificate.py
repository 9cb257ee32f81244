"""The signing certificate: made once and kept to ourselves, or the operator's with what is wrong with it said."""

from __future__ import annotations

import errno
import os
import re
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID
from tests.support.provenance import Key, Pair, operators_pair, private_pem

from flashreel.errors import SetupError
from flashreel.media import certificate
from flashreel.media.provenance import try_out


def p256() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "provenance"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# --- self-made


def test_it_is_made_once_for_its_owner_alone_and_can_sign(folder: Path) -> None:
    first = certificate.load(folder)
    assert certificate.load(folder) == first
    assert (mode(folder), [mode(file) for file in folder.iterdir()]) == (0o700, [0o600])
    assert "PRIVATE" not in repr(first)
    try_out(first)


_RACER = """
import sys
from pathlib import Path
import cryptography.x509
from flashreel.media import certificate
print("ready", flush=True)
sys.stdin.readline()
print(hash(certificate.load(Path(sys.argv[1])).key))
"""


def test_many_processes_that_start_at_once_get_the_same(folder: Path) -> None:
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", _RACER, str(folder)],
            env={**os.environ, "PYTHONHASHSEED": "0"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(5)
    ]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("\n")
        racer.stdin.flush()
    keys = [racer.communicate(timeout=60)[0] for racer in racers]
    assert [racer.returncode for racer in racers] == [0] * 5
    assert len(set(keys)) == 1
    assert len(list(folder.iterdir())) == 1


def test_who_comes_second_leaves_the_first_one_in_place(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make = certificate._made
    winner = make()

    def too_late() -> bytes:
        (folder / "self-made.pem").write_bytes(winner)
        return make()

    monkeypatch.setattr(certificate, "_made", too_late)
    assert certificate.load(folder).key in winner
    assert len(list(folder.iterdir())) == 1


def test_it_signs_for_half_its_life_and_then_there_is_another(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = certificate.load(folder)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + certificate.SIGNING_LIFE - 60)
    assert certificate.load(folder) == first
    monkeypatch.setattr(time, "time", lambda: now + certificate.SIGNING_LIFE + 60)
    second = certificate.load(folder)
    assert second.key != first.key
    assert certificate.load(folder) == second
    assert [mode(file) for file in folder.iterdir()] == [0o600]


def test_where_another_cannot_be_written_the_old_one_still_signs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    first = certificate.load(folder)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + certificate.SIGNING_LIFE + 60)
    monkeypatch.setattr(os, "fsync", full)
    assert certificate.load(folder) == first
    assert len(list(folder.iterdir())) == 1


@pytest.mark.parametrize(
    "cut", [lambda data: data[:-100], lambda data: data.replace(b"PRIVATE", b"PUBLIC"), bytes.upper]
)
def test_one_that_is_damaged_is_said_so_with_its_name(folder: Path, cut: Callable[[bytes], bytes]) -> None:
    certificate.load(folder)
    (file,) = folder.iterdir()
    file.write_bytes(cut(file.read_bytes()))
    with pytest.raises(SetupError, match=re.escape(f"{file} is damaged; delete it")):
        certificate.load(folder)


def test_a_folder_that_cannot_be_made_is_named(folder: Path) -> None:
    folder.parent.write_text("a file")
    with pytest.raises(SetupError, match=re.escape(str(folder))):
        certificate.load(folder)


# --- the operator's


@pytest.mark.parametrize(
    ("make", "algorithm"),
    [
        (p256, "es256"),
        (lambda: ec.generate_private_key(ec.SECP384R1()), "es384"),
        (lambda: ec.generate_private_key(ec.SECP521R1()), "es512"),
        (ed25519.Ed25519PrivateKey.generate, "ed25519"),
        (lambda: rsa.generate_private_key(65537, 2048), "ps256"),
    ],
)
def test_every_kind_of_key_that_c2pa_knows_signs(
    folder: Path, tmp_path: Path, make: Callable[[], Key], algorithm: str
) -> None:
    pair = operators_pair(tmp_path, make())
    identity = certificate.load(folder, pair.certificate, pair.key)
    assert identity.algorithm == algorithm
    try_out(identity)
    assert not folder.exists()  # nothing is made that is not used


def _with_other_key(pair: Pair) -> None:
    pair.key.write_bytes(private_pem(p256()))


def _with_locked_key(pair: Pair) -> None:
    pair.key.write_bytes(private_pem(p256(), b"a password"))


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda pair: pair.key.unlink(), r"provenance_key is '.*key': it cannot be read: No such file"),
        (lambda pair: pair.certificate.unlink(), r"provenance_certificate is '.*pem': it cannot be read: No such"),
        (lambda pair: pair.certificate.write_text("x"), r"provenance_certificate is '.*pem': it holds no PEM cert"),
        (lambda pair: pair.key.write_text("x"), r"provenance_key is '.*key': it holds no PEM private key"),
        (_with_other_key, r"provenance_key is '.*key': it is not the key of the first certificate in '.*pem'"),
        (_with_locked_key, r"provenance_key is '.*key': it is encrypted"),
    ],
)
def test_files_that_are_no_pair_are_named(
    folder: Path, tmp_path: Path, spoil: Callable[[Pair], object], sentence: str
) -> None:
    pair = operators_pair(tmp_path, p256())
    spoil(pair)
    with pytest.raises(SetupError, match=sentence):
        certificate.load(folder, pair.certificate, pair.key)


@pytest.mark.parametrize(
    ("days", "sentence"), [((-9, -1), r"has expired on 20\d\d-"), ((1, 9), r"is not valid before 20\d\d-")]
)
def test_dates_are_looked_at(folder: Path, tmp_path: Path, days: tuple[float, float], sentence: str) -> None:
    pair = operators_pair(tmp_path, p256(), days=days)
    with pytest.raises(SetupError, match=f"provenance_certificate is '.*pem': it {sentence}"):
        certificate.load(folder, pair.certificate, pair.key)


@pytest.mark.parametrize(
    "make", [lambda: ec.generate_private_key(ec.SECP256K1()), lambda: rsa.generate_private_key(65537, 1024)]
)
def test_a_key_of_another_kind_is_refused_with_those_allowed(
    folder: Path, tmp_path: Path, make: Callable[[], Key]
) -> None:
    pair = operators_pair(tmp_path, make())
    with pytest.raises(SetupError, match="another kind than P-256, P-384, P-521, Ed25519, or RSA of 2048"):
        certificate.load(folder, pair.certificate, pair.key)


def test_half_a_pair_is_refused(folder: Path, tmp_path: Path) -> None:
    pair = operators_pair(tmp_path, p256())
    with pytest.raises(SetupError, match="provenance_certificate is given without provenance_key"):
        certificate.load(folder, pair.certificate, None)
    with pytest.raises(SetupError, match="provenance_key is given without provenance_certificate"):
        certificate.load(folder, None, pair.key)


def test_what_c2pa_takes_no_signature_of_is_found_out_by_trying(folder: Path, tmp_path: Path) -> None:
    pair = operators_pair(tmp_path, p256(), purpose=ExtendedKeyUsageOID.SERVER_AUTH)
    identity = certificate.load(folder, pair.certificate, pair.key)
    with pytest.raises(SetupError, match=r"provenance_certificate cannot sign: .*certificate"):
        try_out(identity)
