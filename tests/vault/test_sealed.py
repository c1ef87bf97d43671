"""Sealed files: they open whole with their key, and not at all otherwise."""

import hashlib
import os
from pathlib import Path

import pytest

from qa.errors import ConfigError, RecordingError, RecordingFault
from qa.vault import KeyRing, load_ring, new_key, open_plain, rewrap, seal_file
from qa.vault.sealed import PIECE_BYTES, Sealer, read_header

RING = KeyRing((b"k" * 32,))
OTHER = KeyRing((b"o" * 32,))
SIZES = (0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES + 17)


def _sealed(folder: Path, content: bytes, ring: KeyRing = RING) -> Path:
    plain, sealed = folder / "a.wav", folder / "a.wav.sealed"
    plain.write_bytes(content)
    with plain.open("rb") as file:
        seal_file(file, sealed, ring, hashlib.sha256(content).digest())
    return sealed


def _read(path: Path, ring: KeyRing | None = RING) -> bytes:
    with open_plain(path, ring) as file:
        return file.read()


@pytest.mark.parametrize("size", SIZES)
def test_what_was_sealed_comes_back(tmp_path: Path, size: int) -> None:
    content = os.urandom(size)
    sealed = _sealed(tmp_path, content)
    assert _read(sealed) == content
    assert size < 16 or content[:16] not in sealed.read_bytes()


def test_any_place_is_read_without_the_rest(tmp_path: Path) -> None:
    content = os.urandom(3 * PIECE_BYTES + 17)
    with open_plain(_sealed(tmp_path, content), RING) as file:
        for at, size in ((0, 3), (PIECE_BYTES - 2, 5), (2 * PIECE_BYTES, 40), (len(content), 9)):
            file.seek(at)
            assert file.read(size) == content[at : at + size]


def _fault(path: Path, ring: KeyRing | None = RING) -> RecordingFault:
    with pytest.raises(RecordingError) as caught:
        _read(path, ring)
    assert caught.value.file == path.name
    return caught.value.fault


def test_without_its_key_it_is_locked(tmp_path: Path) -> None:
    sealed = _sealed(tmp_path, b"sound" * 99)
    assert _fault(sealed, None) is RecordingFault.LOCKED
    assert _fault(sealed, OTHER) is RecordingFault.LOCKED


@pytest.mark.parametrize("cut", [1, 16, 17, PIECE_BYTES, PIECE_BYTES + 16, 250])
def test_a_cut_off_end_is_seen(tmp_path: Path, cut: int) -> None:
    sealed = _sealed(tmp_path, os.urandom(2 * PIECE_BYTES))
    os.truncate(sealed, sealed.stat().st_size - cut)
    assert _fault(sealed) is RecordingFault.SEAL_BROKEN


@pytest.mark.parametrize("at", [9, 20, 30, 50, 85, 95, 300, 256 + PIECE_BYTES + 20, -1])
def test_every_changed_byte_is_seen(tmp_path: Path, at: int) -> None:
    sealed = _sealed(tmp_path, os.urandom(2 * PIECE_BYTES))
    data = bytearray(sealed.read_bytes())
    data[at] ^= 1
    sealed.write_bytes(data)
    # A changed key id names a key that nobody has.
    assert _fault(sealed) in (RecordingFault.SEAL_BROKEN, RecordingFault.LOCKED)


def test_moved_pieces_and_pieces_of_another_file_are_seen(tmp_path: Path) -> None:
    one = _sealed(tmp_path, os.urandom(2 * PIECE_BYTES)).read_bytes()
    other = _sealed(tmp_path, os.urandom(2 * PIECE_BYTES)).read_bytes()
    size, at = PIECE_BYTES + 16, 256
    mixed = tmp_path / "mixed.sealed"
    for data in (
        one[:at] + one[at + size :] + one[at : at + size],
        one[:at] + other[at : at + size] + one[at + size :],
        other[:at] + one[at:],
        one + one[-16:],
    ):
        mixed.write_bytes(data)
        assert _fault(mixed) is RecordingFault.SEAL_BROKEN


def test_a_new_key_is_wrapped_around_without_touching_the_content(tmp_path: Path) -> None:
    content = os.urandom(PIECE_BYTES * 2 + 5)
    sealed = _sealed(tmp_path, content)
    before = sealed.read_bytes()[256:]
    both = KeyRing((*OTHER.keys, *RING.keys))
    assert rewrap(sealed, both) and not rewrap(sealed, both)
    assert sealed.read_bytes()[256:] == before
    assert _read(sealed, OTHER) == content
    assert _fault(sealed, RING) is RecordingFault.LOCKED


def test_a_rotation_that_was_broken_off_opens_with_both_and_can_be_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed, both = _sealed(tmp_path, b"x" * 99), KeyRing((*OTHER.keys, *RING.keys))
    calls, real = [], os.pwrite

    def dies(fd: int, data: bytes, at: int) -> int:
        calls.append(at)
        if len(calls) == 2:
            raise OSError("power")
        return real(fd, data, at)

    monkeypatch.setattr(os, "pwrite", dies)
    with pytest.raises(OSError, match="power"):
        rewrap(sealed, both)
    monkeypatch.undo()
    assert _read(sealed, RING) == _read(sealed, OTHER) == b"x" * 99
    assert rewrap(sealed, both)
    assert _fault(sealed, RING) is RecordingFault.LOCKED and _read(sealed, OTHER) == b"x" * 99


def test_what_is_not_finished_leaves_nothing(tmp_path: Path) -> None:
    target = tmp_path / "a.sealed"
    with pytest.raises(RuntimeError), Sealer(target, RING, 10) as sealer:
        sealer.write(b"12345")
        raise RuntimeError
    with pytest.raises(RecordingError), Sealer(target, RING, 10) as sealer:
        sealer.write(b"12345")
    with pytest.raises(RecordingError), Sealer(target, RING, 5, b"z" * 32) as sealer:
        sealer.write(b"12345")
    assert list(tmp_path.iterdir()) == []


def test_files_that_are_not_sealed_are_read_as_they_are(tmp_path: Path) -> None:
    plain = tmp_path / "a.wav"
    plain.write_bytes(b"RIFF")
    assert _read(plain, None) == b"RIFF"


def test_the_hash_stands_in_the_header(tmp_path: Path) -> None:
    sealed = _sealed(tmp_path, b"abc")
    with sealed.open("rb") as file:
        assert read_header(file.fileno(), "a").sha256 == hashlib.sha256(b"abc").digest()


def test_keys_come_from_the_environment_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    one, two = new_key(), new_key()
    file.write_text(f"# the first seals\n{one}\n\n")
    file.chmod(0o600)
    in_file = load_ring(file, {})
    given = load_ring(file, {"QA_ARCHIVE_KEYS": f"{two},{one}"})
    assert in_file and given and given.current != in_file.current
    assert given.keys[1] == in_file.current
    assert load_ring(None, {}) is None
    assert one not in repr(in_file)


@pytest.mark.parametrize("text", ["", "# nothing", "short", "====", "é" * 44])
def test_what_is_no_key_is_refused_without_showing_it(tmp_path: Path, text: str) -> None:
    file = tmp_path / "keys"
    file.write_text(text)
    file.chmod(0o600)
    with pytest.raises(ConfigError) as caught:
        load_ring(file, {})
    assert not text or text not in str(caught.value) or text.startswith("#")


def test_keys_that_others_may_read_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text(new_key())
    file.chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        load_ring(file, {})
    with pytest.raises(ConfigError, match="cannot read"):
        load_ring(tmp_path / "none", {})
