"""Recordings in S3-compatible storage: list, look, read. The only place that knows the libraries.

Objects appear whole, so none is half written. Credentials are those that the machine has
(`AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, or the file of `AWS_SHARED_CREDENTIALS_FILE`):
they stand in no setting of ours, cross no wire of ours, and are in no message.
"""

import errno
import io
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, BinaryIO, cast

from qa.errors import ConfigError, IngestError
from qa.sections import S3Settings

SCHEME = "s3://"
_READ_AHEAD = 4 << 20
_NO_KEY = frozenset(
    {"InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "TokenRefresh"}
)


@dataclass(frozen=True, slots=True)
class ObjectState:
    """What a look at an object tells, named as `os.stat` names it.

    Attributes:
        st_mtime_ns: its time, to the second; below that digits of its checksum, so that two
            versions of one second differ.
    """

    st_size: int
    st_mtime_ns: int


@dataclass(frozen=True, slots=True)
class ObjectFile:
    """An object in a bucket, used where a file's path is used.

    Every method raises OSError (FileNotFoundError, PermissionError, …) as a path does, and
    ConfigError where this machine has no usable credentials.

    Attributes:
        url: `s3://bucket/key`.
    """

    url: str
    storage: S3Settings

    def __str__(self) -> str:
        return self.url

    @property
    def name(self) -> str:
        """The last part of its key."""
        return self.url.rpartition("/")[2]

    @property
    def suffix(self) -> str:
        """Its ending, with the point; empty where it has none."""
        stem, point, ending = self.name.rpartition(".")
        return f".{ending}" if point and stem else ""

    def stat(self) -> ObjectState:
        """Look at it without reading it."""
        try:
            with _translated(self.url):
                return _state(_connect(self.storage).info(self.url))
        except PermissionError:
            self._ask_why()
            raise

    def open(self, mode: str = "rb") -> BinaryIO:
        """Open it for reading, a few MiB at a time."""
        if mode != "rb":
            raise ValueError("objects are only read")
        self.stat()  # tells why, where it cannot be opened
        with _translated(self.url):
            raw = _connect(self.storage).open(
                self.url, "rb", block_size=_READ_AHEAD, cache_type="readahead"
            )
        return cast(BinaryIO, io.BufferedReader(cast(Any, _Translated(raw, self.url))))

    def _ask_why(self) -> None:
        """Ask for one byte: unlike the answer to a look, a refusal of it says why."""
        bucket, _, key = self.url.removeprefix(SCHEME).partition("/")
        with _translated(self.url):
            _connect(self.storage).call_s3("get_object", Bucket=bucket, Key=key, Range="bytes=0-0")

    def read_bytes(self) -> bytes:
        """Read it whole; only for tables and other small files."""
        with self.open() as stream:
            return stream.read()


@dataclass(frozen=True, slots=True)
class ObjectFolder:
    """Everything whose key begins with a prefix; `url` is `s3://bucket` or `s3://bucket/prefix`."""

    url: str
    storage: S3Settings

    def __str__(self) -> str:
        return self.url

    def absolute(self) -> "ObjectFolder":
        """Return the same: a URL is absolute."""
        return self

    def is_dir(self) -> bool:
        """Whether it can be listed; an empty one can."""
        try:
            next(self.below(), None)
        except IngestError:
            return False
        return True

    def below(self, *, deep: bool = True) -> Iterator[tuple[str, ObjectFile, ObjectState]]:
        """List what is there, in order of key.

        Args:
            deep: whether what stands in folders further down is listed too.

        Yields:
            The key below this folder, the object, and its state.

        Raises:
            IngestError: the bucket cannot be listed.
        """
        top = self.url.removeprefix(SCHEME).rstrip("/") + "/"
        try:
            with _translated(self.url):
                storage = _connect(self.storage)
                depth = None if deep else 1
                found = storage.find(top, maxdepth=depth, withdirs=False, detail=True)
        except OSError as error:
            raise IngestError(self.url, f"cannot be listed: {_reason(error)}") from error
        for key in sorted(found):
            if found[key].get("type") == "file" and key.startswith(top) and key != top:
                own = ObjectFile(f"{SCHEME}{key}", self.storage)
                yield key.removeprefix(top), own, _state(found[key])


Folder = Path | ObjectFolder
"""Where recordings lie: on a disk or share, or in a bucket."""


def is_object(path: str) -> bool:
    """Whether a recording's path, as it is stored, is that of an object."""
    return path.startswith(SCHEME)


def folder_at(place: str | Path, storage: S3Settings) -> Folder:
    """Turn what a person wrote into a folder.

    Raises:
        ConfigError: an `s3://` address names no bucket.
    """
    text = str(place)
    if not is_object(text):
        return Path(place)
    bucket, _, _ = text.removeprefix(SCHEME).partition("/")
    if not bucket or "@" in bucket or ":" in bucket:
        raise ConfigError("an address in S3 storage is s3://bucket/folder, without credentials")
    return ObjectFolder(text.rstrip("/"), storage)


def _connect(storage: S3Settings) -> Any:
    if find_spec("s3fs") is None:
        raise ConfigError(
            "recordings in S3 storage need the extra 's3':\n    pip install 'tingjian[s3]'"
        )
    from s3fs import S3FileSystem

    style = "path" if storage.path_style else "auto"
    return S3FileSystem(
        endpoint_url=storage.endpoint_url,
        client_kwargs={"region_name": storage.region} if storage.region else {},
        config_kwargs={
            "s3": {"addressing_style": style},
            "connect_timeout": storage.timeout_s,
            "read_timeout": storage.timeout_s,
            "retries": {"max_attempts": 3, "mode": "standard"},
        },
        use_listings_cache=False,
        default_fill_cache=False,
    )


def _state(info: Mapping[str, Any]) -> ObjectState:
    seconds = int(info["LastModified"].timestamp())
    version = zlib.crc32(str(info.get("ETag") or "").strip('"').encode()) % 1_000_000_000
    return ObjectState(int(info["size"]), seconds * 1_000_000_000 + version)


class _Translated(io.RawIOBase):
    """An open object whose failures are those of files."""

    def __init__(self, raw: Any, url: str) -> None:
        self._raw, self._url = raw, url

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with _translated(self._url):
            data = self._raw.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()


@contextmanager
def _translated(url: str) -> Iterator[None]:
    """Turn the libraries' errors into those that a path raises.

    Raises:
        ConfigError: no credentials, or the storage does not take them.
        OSError: anything else.
    """
    try:
        yield
    except ConfigError:
        raise
    except Exception as error:  # aiobotocore raises classes of four libraries
        cause = error.__cause__ or error
        response = getattr(cause, "response", None)
        code = response.get("Error", {}).get("Code", "") if isinstance(response, dict) else ""
        name = type(cause).__name__
        if code in _NO_KEY or name in ("NoCredentialsError", "PartialCredentialsError"):
            raise ConfigError(
                f"the storage of {url.partition('/')[0]}//{_bucket(url)} takes no credentials of "
                f"this machine ({code or name}); set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
            ) from None
        if isinstance(error, OSError):
            raise
        raise OSError(errno.EIO, f"the storage failed ({code or name})") from error


def _bucket(url: str) -> str:
    return url.removeprefix(SCHEME).partition("/")[0]


def _reason(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such bucket or folder"
    if isinstance(error, PermissionError):
        return "access denied"
    return error.strerror or type(error).__name__
