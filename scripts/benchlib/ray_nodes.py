"""Real Ray nodes on this machine, each with an address and processes of its own, to be killed.

Nodes are started by the command of `qa cluster`: a head on 127.0.0.2, others on 127.0.0.3 and so
on. Only the ports differ from those of separate machines, because Ray listens on every address of
a machine. A node is killed as by a power cut: all its processes at once, with signal 9.
"""

import os
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from qa.batch.cluster_nodes import NodePlan, node_command, node_environment

_MARK = "QA_TEST_NODE"
_PORTS = range(11_000, 31_000, 1_000)
"""Where the ports of a cluster may begin; below those that the system gives to programs."""
_PORTS_APART = 300
"""From those of one node to the next one's; each takes some two hundred."""
_NODES = 3
"""So many fit into the ports of a cluster, beside the head's own."""
_START_S = 400.0
# As small as real failures allow, so that a test need not wait half a minute for each; a node that
# is only slow, as on a machine with other things to do, is no failure.
_QUICK = {
    "RAY_health_check_initial_delay_ms": "1000",
    "RAY_health_check_period_ms": "500",
    "RAY_health_check_timeout_ms": "20000",
    "RAY_health_check_failure_threshold": "3",
    "RAY_gcs_rpc_server_reconnect_timeout_s": "5",
    "RAY_memory_monitor_refresh_ms": "0",
}


class RayNodes:
    """A head and the nodes that joined it; every process is gone at the end.

    Args:
        environment: of the nodes, and so of the workers on them.
    """

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self._scratch = tempfile.TemporaryDirectory(prefix="qr-", ignore_cleanup_errors=True)
        folder = Path(self._scratch.name)
        token = folder / "token"
        token.write_text(uuid.uuid4().hex * 2)
        token.chmod(0o600)
        self.environment = {"RAY_AUTH_TOKEN_PATH": str(token), **_QUICK}
        self._base = {**os.environ, **(environment or {}), **self.environment}
        _end_orphans()
        self._marks: dict[int, str] = {}
        self._starters: dict[int, subprocess.Popen[bytes]] = {}
        self._ports, self._held = _take_ports()
        self.address = f"127.0.0.2:{self._ports}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill_all()
        self._held.close()
        self._scratch.cleanup()

    def start(
        self,
        number: int,
        *,
        cpus: int = 2,
        gpus: int = 0,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Start node `number`: 0 is the head. It is awaited with `wait`."""
        mark = f"{os.getpid()}-{uuid.uuid4().hex}"
        plan = NodePlan(
            ip=f"127.0.0.{number + 2}",
            head=self.address if number else None,
            cpus=cpus,
            gpus=gpus,
            first_port=self._ports + 1 + number * _PORTS_APART,
            head_port=self._ports,
            temp_dir=self._scratch.name,
        )
        own = node_environment({**self._base, **(environment or {}), _MARK: mark})
        with self._log(number).open("wb") as log:
            starter = subprocess.Popen(
                node_command(plan), env=own, stdout=log, stderr=log, start_new_session=True
            )
        self._starters[number] = starter
        self._marks[number] = mark

    def wait(self, *numbers: int) -> None:
        """Wait until nodes take work.

        Raises:
            RuntimeError: one did not come up; the end of its log is in the message.
        """
        deadline = time.monotonic() + _START_S
        for number in numbers:
            log = self._log(number)
            while "runtime started" not in (said := log.read_text(errors="replace")):
                if time.monotonic() > deadline or self._starters[number].poll() is not None:
                    raise RuntimeError(f"node {number} does not start: {said[-1500:]}")
                time.sleep(0.1)

    def _log(self, number: int) -> Path:
        return Path(self._scratch.name) / f"node{number}.log"

    def processes(self, number: int) -> list[int]:
        """Find the processes of a node, its workers included."""
        mark = f"{_MARK}={self._marks[number]}".encode()
        return [pid for pid in _all_pids() if mark in _environ(pid)]

    def workers(self, number: int) -> list[int]:
        """Find the processes on a node that hold a worker."""
        return [pid for pid in self.processes(number) if "ray::Hearer" in _name(pid)]

    def kill(self, number: int) -> None:
        """Kill a node as by a power cut."""
        while pids := self.processes(number):
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.02)
        self._starters.pop(number).wait()
        del self._marks[number]

    def kill_all(self) -> None:
        """Kill the whole cluster."""
        for number in list(self._marks):
            self.kill(number)

    @property
    def running(self) -> list[int]:
        """Numbers of the nodes that were started and not killed."""
        return sorted(self._marks)


def _take_ports() -> tuple[int, socket.socket]:
    """Find ports in a row for a head and its nodes, none of them in use.

    Returns:
        The first one, and a socket that holds them against other clusters until it is closed: it
        is bound to the last one, which no node uses. It ends with the process, however that ends.

    Raises:
        RuntimeError: there are none left.
    """
    for first in _PORTS:
        held = socket.socket()
        try:
            held.bind(("", first + _PORTS.step - 1))
            for port in range(first, first + 1 + _NODES * _PORTS_APART):
                with socket.socket() as one:
                    # As Ray does; connections of a cluster that has ended may still linger there.
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    one.bind(("", port))
        except OSError:
            held.close()
            continue
        return first, held
    raise RuntimeError("no free ports for a cluster")


def _end_orphans() -> None:
    """Kill the nodes of a test or script that was itself killed."""
    for pid in _all_pids():
        _, found, rest = _environ(pid).partition(f"{_MARK}=".encode())
        if found and not Path(f"/proc/{int(rest.partition(b'-')[0])}").exists():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _all_pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _environ(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return b""


def _name(pid: int) -> str:
    try:
        return (
            Path(f"/proc/{pid}/cmdline")
            .read_bytes()
            .replace(b"\0", b" ")
            .decode("utf-8", "replace")
        )
    except OSError:
        return ""
