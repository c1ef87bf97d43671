"""A real S3-compatible server (s3rver, from npm), which checks access keys and keeps files."""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

_FOLDER = Path(__file__).parent
_PROGRAM = _FOLDER / "node_modules" / ".bin" / "s3rver"
KEYS = {"AWS_ACCESS_KEY_ID": "S3RVER", "AWS_SECRET_ACCESS_KEY": "S3RVER"}
_START_S, _TRIES = 300, 3


class StorageServer:
    """The server on a port of its own, with one empty bucket `calls`.

    Skips the test where npm or the program is missing.
    """

    def __init__(self, folder: Path) -> None:
        if not _PROGRAM.exists():
            _install()
        self._folder, self.log = folder, folder / "s3.log"
        for _ in range(_TRIES):
            if self._starts():
                return
            self.stop()
        raise RuntimeError(self.log.read_text()[-1000:])

    def _starts(self) -> bool:
        """Start the program on a port that is free; somebody else may take it meanwhile."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        command = [str(_PROGRAM), "-d", str(self._folder / "s3"), "-a", "127.0.0.1"]
        command += ["-p", str(port), "--no-vhost-buckets", "--configure-bucket", "calls"]
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        deadline = time.monotonic() + _START_S
        while self._process.poll() is None and time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return self._process.poll() is None
        return False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End it, as when the storage fails."""
        self._process.kill()
        self._process.wait()

    def put(self, key: str, content: str | bytes) -> None:
        """Put an object into the bucket `calls`, as a recorder would."""
        data = content.encode() if isinstance(content, str) else content
        self._filesystem().pipe_file(f"calls/{key}", data)

    def delete(self, key: str) -> None:
        """Remove an object from the bucket `calls`."""
        self._filesystem().rm_file(f"calls/{key}")

    def _filesystem(self) -> Any:
        from s3fs import S3FileSystem

        return S3FileSystem(
            key=KEYS["AWS_ACCESS_KEY_ID"],
            secret=KEYS["AWS_SECRET_ACCESS_KEY"],
            endpoint_url=self.url,
            # It knows no checksums sent after the body.
            config_kwargs={
                "s3": {"addressing_style": "path"},
                "request_checksum_calculation": "when_required",
            },
            use_listings_cache=False,
        )


def _install() -> None:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed; it provides the S3-compatible server of these tests")
    command = [npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(command, cwd=_FOLDER, capture_output=True, text=True, env=os.environ)
    if done.returncode or not _PROGRAM.exists():
        pytest.skip(f"s3rver cannot be had from npm: {done.stderr.strip()[-200:]}")
