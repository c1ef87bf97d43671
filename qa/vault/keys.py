"""The keys that wrap the data key of every sealed file."""

import base64
import binascii
import hashlib
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from qa.errors import ConfigError

KEY_VARIABLE = "QA_ARCHIVE_KEYS"
"""Environment variable that holds what a key file holds."""
KEY_BYTES = 32
KEY_ID_BYTES = 8


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Keys by which sealed files are opened; the first also seals.

    Attributes:
        keys: 32 bytes each; at least one. Never shown, not even in an error.
    """

    keys: tuple[bytes, ...] = field(repr=False)

    @property
    def current(self) -> bytes:
        """The key that new files are sealed with."""
        return self.keys[0]

    def by_id(self, wanted: bytes) -> bytes | None:
        """Find a key by its id (`key_id`); None where it is not on the ring."""
        return next((key for key in self.keys if key_id(key) == wanted), None)


def key_id(key: bytes) -> bytes:
    """Name a key by eight bytes that tell nothing else of it."""
    return hashlib.sha256(b"tingjian archive key\0" + key).digest()[:KEY_ID_BYTES]


def new_key() -> str:
    """Make a key, as a line of a key file."""
    return base64.b64encode(os.urandom(KEY_BYTES)).decode()


def load_ring(key_file: Path | None, environment: Mapping[str, str] = os.environ) -> KeyRing | None:
    """Read the keys from the environment variable `QA_ARCHIVE_KEYS`, else from a file.

    One key a line (in the variable also after a comma), 32 bytes in base64; empty lines and those
    after `#` do not count. The first seals, all of them open.

    Returns:
        None where neither is given.

    Raises:
        ConfigError: the file cannot be read, is open to everybody, or holds no key or what is
            none; the message holds nothing of it.
    """
    given = environment.get(KEY_VARIABLE)
    if given:
        return _ring(given.replace(",", "\n"), f"the environment variable {KEY_VARIABLE}")
    if key_file is None:
        return None
    try:
        with key_file.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            text = file.read(1 << 16).decode("ascii", "replace")
    except OSError as error:
        raise ConfigError(
            f"archive.key_file: cannot read {key_file} ({error.strerror}); without it no sealed "
            "recording can be opened."
        ) from error
    if mode & (stat.S_IROTH | stat.S_IWOTH | stat.S_IWGRP):
        raise ConfigError(f"archive.key_file: {key_file} is open to others; chmod 600 it.")
    return _ring(text, f"archive.key_file {key_file}")


def _ring(text: str, where: str) -> KeyRing:
    keys: list[bytes] = []
    for number, line in enumerate(text.splitlines(), 1):
        written = line.partition("#")[0].strip()
        if not written:
            continue
        try:
            key = base64.b64decode(written, validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if len(key) != KEY_BYTES:
            raise ConfigError(f"{where}: line {number} is no key (32 bytes in base64).")
        if key not in keys:
            keys.append(key)
    if not keys:
        raise ConfigError(f"{where}: there is no key in it.")
    return KeyRing(tuple(keys))
