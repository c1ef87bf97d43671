"""The form of a sealed file: a header, and the content in pieces that are each authenticated.

Envelope encryption: every file has a data key of its own, which is wrapped by a key of the ring
(AES-256-GCM both). The header says the content's length and hash and is bound to the wrapped key,
so that a file whose end is missing, or whose pieces were moved, repeated or taken from another
file, does not open. Pieces have one size, so any place can be read without what lies before it.
The header has two places for a wrapped key: a new key is written into the free one first, so that
the file opens whenever the power goes.

    magic 8 | version 2 | 0 2 | piece 4 | length 8 | file id 16 | SHA-256 32 | two wrapped keys
    (key id 8 | nonce 12 | wrapped key 48 each) | zeros to 256 | pieces, each with its tag of 16
"""

import hashlib
import io
import os
import struct
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from qa.errors import RecordingError, RecordingFault
from qa.vault.keys import KeyRing, key_id

SEALED_SUFFIX = ".sealed"
MAGIC = b"TJSEAL\r\n"
_VERSION = 1
_FIXED = struct.Struct(">8sHHIQ16s32s")
_SLOT = struct.Struct(">8s12s48s")
_SLOTS = 2
_HEADER_BYTES = 256
_TAG_BYTES = 16
PIECE_BYTES = 1 << 16
_EMPTY_SLOT = bytes(_SLOT.size)


@dataclass(frozen=True, slots=True)
class Header:
    """What the beginning of a sealed file says; proved only once its key was unwrapped."""

    piece_bytes: int
    size_bytes: int
    file_id: bytes
    sha256: bytes
    fixed: bytes
    slots: tuple[bytes, ...]

    @property
    def sealed_bytes(self) -> int:
        """Length that the whole file must have."""
        pieces = -(-self.size_bytes // self.piece_bytes)
        return _HEADER_BYTES + self.size_bytes + pieces * _TAG_BYTES


def read_header(fd: int, name: str) -> Header:
    """Read the header of a sealed file.

    Raises:
        RecordingError: SEAL_BROKEN, it is none or has not the length that it says.
    """
    head = os.pread(fd, _HEADER_BYTES, 0)
    if len(head) < _HEADER_BYTES or not head.startswith(MAGIC):
        raise broken(name, "its header is missing or cut off")
    _, version, _, piece, size, file_id, digest = _FIXED.unpack_from(head)
    if version != _VERSION or not 0 < piece <= 1 << 24:
        raise broken(name, "its header is none that this program writes")
    slots = tuple(
        head[at : at + _SLOT.size]
        for at in range(_FIXED.size, _FIXED.size + _SLOTS * _SLOT.size, _SLOT.size)
    )
    header = Header(piece, size, file_id, digest, head[: _FIXED.size], slots)
    if os.fstat(fd).st_size != header.sealed_bytes:
        raise broken(name, "it is shorter or longer than its header says")
    return header


def broken(name: str, what: str) -> RecordingError:
    """Make the error for a sealed file that is damaged."""
    return RecordingError(
        name,
        RecordingFault.SEAL_BROKEN,
        f"the sealed recording is damaged: {what}; put back a copy from the backup.",
    )


def locked(name: str, ids: tuple[str, ...]) -> RecordingError:
    """Make the error for a sealed file that no key of the ring opens."""
    named = " or ".join(ids) or "unknown"
    return RecordingError(
        name,
        RecordingFault.LOCKED,
        f"the recording is sealed and its key (id {named}) is not at hand; set archive.key_file "
        "or QA_ARCHIVE_KEYS to a ring that holds it.",
    )


def unwrap(header: Header, ring: KeyRing | None, name: str) -> bytes:
    """Find the data key of a file.

    Raises:
        RecordingError: LOCKED, no key of the ring fits; SEAL_BROKEN, one fits by name and does
            not open it: the header was changed.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    used = [slot for slot in header.slots if slot != _EMPTY_SLOT]
    fitting = False
    for slot in used:
        named, nonce, wrapped = _SLOT.unpack(slot)
        key = ring.by_id(named) if ring else None
        if key is None:
            continue
        fitting = True
        try:
            return AESGCM(key).decrypt(nonce, wrapped, header.fixed)
        except InvalidTag:
            continue
    if fitting:
        raise broken(name, "its header was changed")
    raise locked(name, tuple(_SLOT.unpack(slot)[0].hex() for slot in used))


def _wrapped(data_key: bytes, key: bytes, fixed: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(12)
    return _SLOT.pack(key_id(key), nonce, AESGCM(key).encrypt(nonce, data_key, fixed))


def _nonce(number: int) -> bytes:
    """Make the nonce of a piece: its number, for the data key is the file's own."""
    return number.to_bytes(12, "big")


class SealedFile(io.RawIOBase):
    """The content of a sealed file, read anywhere; closing it closes the descriptor.

    Args:
        fd: descriptor of the open file; its position does not matter.
        name: for errors; the file's name without its folder.
        data_key: where the caller has it already; the ring is not asked then.

    Raises:
        RecordingError: LOCKED or SEAL_BROKEN; reading raises SEAL_BROKEN, too.
    """

    def __init__(
        self, fd: int, name: str, ring: KeyRing | None, *, data_key: bytes | None = None
    ) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        super().__init__()
        self._fd, self._name, self._at = fd, name, 0
        self.header = read_header(fd, name)
        self.data_key = data_key or unwrap(self.header, ring, name)
        self._cipher = AESGCM(self.data_key)
        self._held: tuple[int, bytes] = (-1, b"")

    def readable(self) -> bool:
        """Say that it can be done."""
        return True

    def seekable(self) -> bool:
        """Say that it can be done."""
        return True

    def tell(self) -> int:
        """Position in the content."""
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move; beyond the end nothing is read."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.header.size_bytes}[whence]
        if base + offset < 0:
            raise ValueError("a position before the beginning")
        self._at = base + offset
        return self._at

    def readinto(self, target: "bytearray | memoryview") -> int:  # type: ignore[override]
        """Read as much as one piece has."""
        view = memoryview(target).cast("B")
        if not len(view) or self._at >= self.header.size_bytes:
            return 0
        number, offset = divmod(self._at, self.header.piece_bytes)
        part = self._piece(number)[offset : offset + len(view)]
        view[: len(part)] = part
        self._at += len(part)
        return len(part)

    def close(self) -> None:
        """Close the descriptor, too."""
        if not self.closed:
            os.close(self._fd)
        super().close()

    def _piece(self, number: int) -> bytes:
        from cryptography.exceptions import InvalidTag

        if self._held[0] != number:
            size, total = self.header.piece_bytes, self.header.size_bytes
            length = min(size, total - number * size) + _TAG_BYTES
            sealed = os.pread(self._fd, length, _HEADER_BYTES + number * (size + _TAG_BYTES))
            try:
                opened = self._cipher.decrypt(
                    _nonce(number), sealed, self.header.file_id + _nonce(number)
                )
            except (InvalidTag, ValueError):
                raise broken(self._name, f"piece {number} was changed") from None
            self._held = (number, opened)
        return self._held[1]


class Sealer:
    """Writes a sealed file that appears whole or not at all; use it as a context manager.

    Leaving it without an error publishes the file; nothing readable is ever on the disk.

    Args:
        target: its folder must exist.
        size_bytes: exactly so much will be written.
        sha256: of the content, 32 bytes, checked at the end; None where nobody knows it yet.

    Raises:
        OSError: the target cannot be written.
        RecordingError: CHANGED, what was written is not what was announced.
    """

    def __init__(
        self, target: Path, ring: KeyRing, size_bytes: int, sha256: bytes | None = None
    ) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        self._target, self._size, self._expected = target, size_bytes, sha256
        self._id, data_key = os.urandom(16), os.urandom(32)
        fixed = _FIXED.pack(
            MAGIC, _VERSION, 0, PIECE_BYTES, size_bytes, self._id, sha256 or bytes(32)
        )
        self._head = (fixed + _wrapped(data_key, ring.current, fixed)).ljust(_HEADER_BYTES, b"\0")
        self._cipher, self._digest = AESGCM(data_key), hashlib.sha256()
        self._pending, self._pieces, self._written = bytearray(), 0, 0

    def __enter__(self) -> Self:
        number, name = tempfile.mkstemp(dir=self._target.parent, prefix=".", suffix=".partial")
        self._part, self._file = Path(name), os.fdopen(number, "wb")
        self._file.write(self._head)
        return self

    def write(self, data: "bytes | memoryview") -> int:
        """Take the next bytes of the content."""
        self._digest.update(data)
        self._written += len(data)
        self._pending += data
        while len(self._pending) > PIECE_BYTES:
            self._seal(PIECE_BYTES)
        return len(data)

    def _seal(self, size: int) -> None:
        nonce = _nonce(self._pieces)
        self._file.write(self._cipher.encrypt(nonce, bytes(self._pending[:size]), self._id + nonce))
        del self._pending[:size]
        self._pieces += 1

    def _finish(self) -> None:
        if self._pending:
            self._seal(len(self._pending))
        known = self._expected
        if self._written != self._size or (known and known != self._digest.digest()):
            raise RecordingError(
                self._target.name,
                RecordingFault.CHANGED,
                "the file changed while it was sealed; do it again.",
            )
        self._file.flush()
        os.fsync(self._file.fileno())

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._finish()
                self._file.close()
                self._part.replace(self._target)
                sync_folder(self._target.parent)
        finally:
            self._file.close()
            self._part.unlink(missing_ok=True)


def seal_file(source: BinaryIO, target: Path, ring: KeyRing, sha256: bytes) -> None:
    """Seal an open file under another name.

    Raises:
        OSError: one of the two cannot be read or written.
        RecordingError: CHANGED, the file does not hold what it should.
    """
    size = os.fstat(source.fileno()).st_size
    with Sealer(target, ring, size, sha256) as sealer:
        at = 0
        while block := os.pread(source.fileno(), 1 << 20, at):
            sealer.write(block)
            at += len(block)


def rewrap(path: Path, ring: KeyRing) -> bool:
    """Wrap a file's data key with the ring's current key; its content is not touched.

    Killed at any moment the file opens with the old key or the new one.

    Returns:
        Whether anything had to be done.

    Raises:
        OSError: the file cannot be written.
        RecordingError: LOCKED or SEAL_BROKEN.
    """
    with path.open("r+b", buffering=0) as file:
        fd = file.fileno()
        header = read_header(fd, path.name)
        data_key = unwrap(header, ring, path.name)
        current = key_id(ring.current)
        places = [k for k, slot in enumerate(header.slots) if slot.startswith(current)]
        others = [k for k in range(_SLOTS) if k not in places and header.slots[k] != _EMPTY_SLOT]
        if places and not others and len(places) == 1:
            return False
        # Into a place whose key does not open the file now, so that one always does.
        opening = next(k for k, slot in enumerate(header.slots) if _opens(slot, header, ring))
        free = 1 - opening
        os.pwrite(fd, _wrapped(data_key, ring.current, header.fixed), _place(free))
        os.fsync(fd)
        os.pwrite(fd, _EMPTY_SLOT, _place(opening))
        os.fsync(fd)
    return True


def _opens(slot: bytes, header: Header, ring: KeyRing) -> bool:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    named, nonce, wrapped = _SLOT.unpack(slot)
    key = ring.by_id(named)
    if key is None:
        return False
    try:
        AESGCM(key).decrypt(nonce, wrapped, header.fixed)
    except InvalidTag:
        return False
    return True


def _place(slot: int) -> int:
    return _FIXED.size + slot * _SLOT.size


def sync_folder(folder: Path) -> None:
    """Make sure that the names in a folder outlive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
