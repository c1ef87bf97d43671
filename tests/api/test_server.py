"""Listening: where it is safe, a taken port is told, Ctrl-C ends it."""

import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from qa.api.app import create_app
from qa.api.server import address_of, bind, listening_address
from qa.api.workers import MOST_LOST
from qa.cli.app import app
from qa.config import ServeSettings, Settings
from qa.errors import ConfigError
from qa.store.store import Store
from tests.support.waiting import SLOW_S, finish, until

OUTSIDE = ["0.0.0.0", "192.168.1.5", "::"]


@pytest.mark.parametrize("host", OUTSIDE)
def test_without_accounts_only_this_machine(host: str) -> None:
    with pytest.raises(ConfigError, match=r"no accounts yet.*qa users add NAME --role admin"):
        listening_address(ServeSettings(host=host), has_accounts=False)


@pytest.mark.parametrize("host", OUTSIDE)
def test_with_accounts_other_machines_need_tls_or_a_proxy(host: str) -> None:
    with pytest.raises(ConfigError, match=r"in clear.*ssh -L"):
        listening_address(ServeSettings(host=host), has_accounts=True)


@pytest.mark.parametrize("host", ["example.com", "", "256.1.1.1", "127.0.0.1/8"])
def test_the_host_is_an_address(host: str) -> None:
    with pytest.raises(ConfigError, match="no IP address"):
        listening_address(ServeSettings(host=host), has_accounts=True)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
@pytest.mark.parametrize("has_accounts", [True, False])
def test_loopback_needs_nothing(host: str, has_accounts: bool) -> None:
    assert listening_address(ServeSettings(host=host), has_accounts=has_accounts)


def test_all_addresses_need_names() -> None:
    settings = ServeSettings(host="0.0.0.0", behind_proxy=("10.0.0.7",))
    with pytest.raises(ConfigError, match="allowed_hosts"):
        listening_address(settings, has_accounts=True)
    named = settings.model_copy(update={"allowed_hosts": ("qa.example.com",)})
    assert listening_address(named, has_accounts=True) == "0.0.0.0"
    own = ServeSettings(host="10.0.0.9", behind_proxy=("10.0.0.0/24",))
    assert listening_address(own, has_accounts=True) == "10.0.0.9"


@pytest.mark.parametrize("name", ["*", "0.0.0.0/0", "::/0", "proxy.example.com", ""])
def test_proxies_are_named_by_address(name: str) -> None:
    with pytest.raises(ConfigError, match=r"serve\.behind_proxy"):
        listening_address(ServeSettings(behind_proxy=(name,)), has_accounts=True)


@pytest.mark.parametrize(
    "name", ["https://qa.example.com", "qa.example.com:8443", "*.example.com", "", "a/b", "a b"]
)
def test_names_are_only_names(name: str) -> None:
    with pytest.raises(ConfigError, match=r"serve\.allowed_hosts"):
        listening_address(ServeSettings(allowed_hosts=(name,)), has_accounts=True)
    for good in ("qa.example.com", "质检.example", "10.0.0.9", "[fd00::1]", "fd00::1", "qa"):
        assert listening_address(ServeSettings(allowed_hosts=(good,)), has_accounts=True)


def certificate(folder: Path, password: str = "") -> tuple[Path, Path]:
    """A certificate of this machine, made by openssl."""
    key, chain = folder / "key.pem", folder / "chain.pem"
    command = [
        *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
        *("-keyout", str(key), "-out", str(chain), "-days", "2", "-subj", "/CN=localhost"),
        *("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
        *(("-passout", f"pass:{password}") if password else ("-noenc",)),
    ]
    subprocess.run(command, check=True, capture_output=True)
    return chain, key


def test_certificates_that_cannot_be_used_are_told_before_anything(tmp_path: Path) -> None:
    chain, key = certificate(tmp_path)
    (tmp_path / "other").mkdir()
    _, foreign = certificate(tmp_path / "other")
    (tmp_path / "locked").mkdir()
    _, locked = certificate(tmp_path / "locked", "secret")
    for other in (tmp_path / "none.pem", foreign, locked, chain, tmp_path):
        settings = ServeSettings(tls_certificate=chain, tls_key=other)
        with pytest.raises(ConfigError, match="cannot be used"):
            listening_address(settings, has_accounts=True)
    for half in (ServeSettings(tls_certificate=chain), ServeSettings(tls_key=key)):
        with pytest.raises(ConfigError, match="belong together"):
            listening_address(half, has_accounts=True)
    good = ServeSettings(host="10.0.0.9", tls_certificate=chain, tls_key=key)
    assert listening_address(good, has_accounts=True) == "10.0.0.9"


def test_other_hosts_are_refused_before_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QA_DATA_DIR", str(tmp_path))
    result = CliRunner().invoke(app, ["serve", "--host", "0.0.0.0"])
    assert result.exit_code == 2 and "qa users add NAME --role admin" in result.stderr


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
        assert "qa users add NAME --role admin" in process.stdout.readline()
        assert (
            "qa users add NAME" in urllib.request.urlopen(address, timeout=SLOW_S).read().decode()
        )
        host, port = address.removeprefix("http://").rstrip("/").split(":")
        with socket.create_connection((host, int(port))) as idle:  # a browser keeps one open
            idle.sendall(b"GET /login HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert idle.recv(100).startswith(b"HTTP/1.1 200")
            process.send_signal(signal.SIGINT)
            code, _, log = finish(process)
    assert code == 0, log
    assert "GET /login 200" in log and "stopped" in log and "Traceback" not in log


@contextmanager
def running(folder: Path, **settings: str) -> Iterator[str]:
    """A service of its own process with one account; gives its address."""
    environment = os.environ | {"QA_DATA_DIR": str(folder)}
    qa = [sys.executable, "-c", "from qa.cli.app import main; main()"]
    added = [*qa, "users", "add", "boss", "--role", "admin", "--password-stdin"]
    password = "five quiet otters\n"
    subprocess.run(
        added, input=password, text=True, check=True, env=environment, capture_output=True
    )
    given = {f"QA_SERVE__{name.upper()}": value for name, value in settings.items()}
    with subprocess.Popen(
        [*qa, "serve", "--port", "0"],
        env=environment | given,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().split(" at ")[1].split()[0]
        finally:
            process.send_signal(signal.SIGINT)
            finish(process)


def test_over_tls(tmp_path: Path) -> None:
    chain, key = certificate(tmp_path)
    with running(tmp_path / "data", tls_certificate=str(chain), tls_key=str(key)) as address:
        assert address.startswith("https://127.0.0.1:")
        trusted = ssl.create_default_context(cafile=str(chain))
        with httpx.Client(verify=trusted, timeout=SLOW_S) as client:
            page = client.get(f"{address}login")
        assert page.status_code == 200
        assert page.headers["strict-transport-security"] == "max-age=31536000"
        assert "__Host-" in page.headers["set-cookie"] and "server" not in page.headers


def test_forwarded_addresses_are_believed_of_named_proxies_only(tmp_path: Path) -> None:
    forwarded = {"x-forwarded-for": "203.0.113.9", "x-forwarded-proto": "https"}
    with running(tmp_path / "a") as address:
        page = httpx.get(f"{address}login", headers=forwarded, timeout=SLOW_S)
        assert "strict-transport-security" not in page.headers
    named = {"behind_proxy": '["127.0.0.1"]', "allowed_hosts": '["qa.example.com"]'}
    with running(tmp_path / "b", **named) as address:
        assert address == "https://qa.example.com/"


def test_behind_a_proxy_nothing_is_answered_without_tls(tmp_path: Path) -> None:
    settings = ServeSettings(
        host="10.0.0.9",
        behind_proxy=("10.0.0.7",),
        allowed_hosts=("qa.example.com", "质检.example"),
    )
    made = Settings(data_dir=tmp_path, serve=settings)
    with Store.open(made.database_url) as store:
        service = create_app(store, made)
        plain = TestClient(service, base_url="http://qa.example.com").get("/login")
        assert plain.status_code == 403 and "X-Forwarded-Proto" in plain.text
        assert TestClient(service, base_url="https://qa.example.com").get("/login").is_success
        chinese = TestClient(service, base_url="https://xn--s1vp09e.example").get("/login")
        assert chinese.is_success
        for name in ("evil.example", "qa.example.com.evil.example", "10.0.0.7"):
            answer = TestClient(service, base_url=f"https://{name}").get("/login")
            assert answer.status_code == 421 and name not in answer.text


def test_several_processes_serve_one_address_and_end_together(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [
            *(sys.executable, "-c", "from qa.cli.app import main; main()"),
            *("serve", "--port", "0", "--workers", "2"),
        ],
        env={**os.environ, "QA_DATA_DIR": str(tmp_path), "QA_SERVE__PROCESS_UPLOADS": "false"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", line)
        assert found is not None, line
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        assert len(children) >= 2
        for _ in range(6):
            with urllib.request.urlopen(f"http://127.0.0.1:{found[1]}/login") as answer:
                assert answer.status == 200
        process.send_signal(signal.SIGTERM)
        code, _, log = finish(process)
        assert code == 0, log
        until(lambda: not any(Path(f"/proc/{child}").exists() for child in children))
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


def test_processes_that_die_at_their_start_end_the_service(tmp_path: Path) -> None:
    """It says so and ends, instead of starting them for ever."""
    dying = tmp_path / "dying"
    dying.mkdir()
    (dying / "sitecustomize.py").write_text(
        "import os, sys\n"
        "if '--multiprocessing-fork' in sys.orig_argv:\n"
        "    with open(os.environ['STARTS'], 'a') as file:\n"
        "        file.write('x')\n"
        "    os._exit(3)\n"
    )
    starts = tmp_path / "starts"
    path = os.pathsep.join([str(dying), *filter(None, [os.environ.get("PYTHONPATH")])])
    process = subprocess.run(
        [
            *(sys.executable, "-c", "from qa.cli.app import main; main()"),
            *("serve", "--port", "0", "--workers", "2"),
        ],
        env={
            **os.environ,
            "PYTHONPATH": path,
            "STARTS": str(starts),
            "QA_DATA_DIR": str(tmp_path),
            "QA_SERVE__PROCESS_UPLOADS": "false",
        },
        capture_output=True,
        text=True,
        timeout=SLOW_S,
    )
    assert process.returncode == 2, process.stderr
    assert f"{MOST_LOST} times in a row (exit code 3)" in process.stderr
    assert "Traceback" not in process.stderr and "The review page is at" not in process.stdout
    assert MOST_LOST <= len(starts.read_text()) <= MOST_LOST + 2
