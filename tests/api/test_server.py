"""Listening: loopback only, a taken port is told, Ctrl-C ends it."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from typer.testing import CliRunner

from qa.api.server import address_of, bind, loopback_address
from qa.cli.app import app
from qa.config import ServeSettings
from qa.errors import ConfigError


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "example.com", ""])
def test_only_loopback(host: str) -> None:
    with pytest.raises(ConfigError, match="no accounts yet"):
        loopback_address(host)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_loopback(host: str) -> None:
    assert loopback_address(host)


def test_other_hosts_are_refused_before_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QA_DATA_DIR", str(tmp_path))
    result = CliRunner().invoke(app, ["serve", "--host", "0.0.0.0"])
    assert result.exit_code == 2 and "ssh -L" in result.stderr


def test_taken_port_is_told() -> None:
    with bind(ServeSettings(port=0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"port {port} is taken.*--port {port + 1}"):
            bind(ServeSettings(port=port))


def test_addresses_can_be_opened() -> None:
    with bind(ServeSettings(port=0)) as listener:
        assert address_of(listener) == f"http://127.0.0.1:{listener.getsockname()[1]}/"
    with bind(ServeSettings(host="::1", port=0)) as listener:
        assert address_of(listener).startswith("http://[::1]:")


def test_ctrl_c_ends_it_promptly(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", "from qa.cli.app import main; main()", "serve", "--port", "0"],
        env=os.environ | {"QA_DATA_DIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        address = process.stdout.readline().split(" at ")[1].split()[0]
        assert "还没有通话" in urllib.request.urlopen(address, timeout=10).read().decode()
        host, port = address.removeprefix("http://").rstrip("/").split(":")
        with socket.create_connection((host, int(port))) as idle:  # a browser keeps one open
            idle.sendall(b"GET /agents HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert idle.recv(100).startswith(b"HTTP/1.1 200")
            started = time.monotonic()
            process.send_signal(signal.SIGINT)
            _, log = process.communicate(timeout=15)
    assert time.monotonic() - started < 5
    assert process.returncode == 0
    assert "GET / 200" in log and "stopped" in log and "Traceback" not in log
