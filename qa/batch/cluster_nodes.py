"""Nodes of a cluster: how one is started, with its ports pinned and its token on.

Every port is given, so that a firewall can name them: the head's own, and from `first_port` on
those of the node. Ray would choose most of them anew at every start.
"""

import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from qa.errors import ConfigError

HEAD_PORT = 6379
FIRST_PORT = 6380
WORKER_PORTS = 200
"""Room for so many worker processes on a node, replaced ones included."""
_OBJECT_STORE_BYTES = 256 << 20
"""Results are small: most never touch it."""
_PORTS = (
    "--node-manager-port",
    "--object-manager-port",
    "--runtime-env-agent-port",
    "--metrics-export-port",
    "--dashboard-agent-grpc-port",
    "--dashboard-agent-listen-port",
)


@dataclass(frozen=True, slots=True)
class NodePlan:
    """How a node is started.

    Attributes:
        ip: of this node, as the others reach it.
        head: `host:port` of the head that it joins; None makes it the head.
        cpus, gpus: what it lends; None lets Ray count.
        first_port: of its pinned ports; two nodes on one machine need different ones.
        head_port: where a head listens.
        temp_dir: folder for the head's logs and sockets; None is Ray's own (/tmp/ray).
    """

    ip: str
    head: str | None = None
    cpus: int | None = None
    gpus: int | None = None
    first_port: int = FIRST_PORT
    head_port: int = HEAD_PORT
    temp_dir: str | None = None


def node_ports(plan: NodePlan) -> tuple[tuple[int, int], ...]:
    """List the ports of a node that the others must reach, as ranges with both ends."""
    first = plan.first_port
    own = (first, first + len(_PORTS) + WORKER_PORTS - 1)
    return (own,) if plan.head else ((plan.head_port, plan.head_port), own)


def check_ports(plan: NodePlan) -> None:
    """Make sure that nobody listens on a node's own ports; Ray would fail after half a minute.

    Those of its workers are left out: of two hundred, few are in use at a time.

    Raises:
        ConfigError: another node or program has one of them.
    """
    head = () if plan.head else (plan.head_port,)
    for port in (*head, *range(plan.first_port, plan.first_port + len(_PORTS))):
        with socket.socket() as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                one.bind(("", port))  # of every address, as Ray does
            except OSError as error:
                raise ConfigError(
                    f"port {port} is in use: does a node run on this machine already? "
                    "--first-port (and a head's --port) chooses others"
                ) from error


def node_command(plan: NodePlan) -> list[str]:
    """Build the command that starts a node and stays in the foreground until it ends.

    Raises:
        ConfigError: the address is a name that Ray replaces by another.
    """
    if plan.ip in ("localhost", "127.0.0.1", "::1"):
        raise ConfigError(
            f"{plan.ip} cannot be reached from other machines; give --ip this machine's address"
        )
    command = [sys.executable, "-m", "ray.scripts.scripts", "start", "--block"]
    if plan.head is None:
        command += ["--head", "--port", str(plan.head_port), "--include-dashboard", "false"]
        command += ["--temp-dir", plan.temp_dir] if plan.temp_dir else []
    else:
        command += ["--address", plan.head]
    for offset, name in enumerate(_PORTS):
        command += [name, str(plan.first_port + offset)]
    lowest = plan.first_port + len(_PORTS)
    command += ["--min-worker-port", str(lowest)]
    command += ["--max-worker-port", str(lowest + WORKER_PORTS - 1)]
    command += ["--node-ip-address", plan.ip, "--object-store-memory", str(_OBJECT_STORE_BYTES)]
    command += ["--disable-usage-stats", "--include-log-monitor", "false"]
    command += ["--num-cpus", str(plan.cpus)] if plan.cpus is not None else []
    return command + (["--num-gpus", str(plan.gpus)] if plan.gpus is not None else [])


def node_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Build the environment of a node: its token is asked for, whatever Ray's default is."""
    own = {"RAY_AUTH_MODE": "token", "RAY_USAGE_STATS_ENABLED": "0"}
    return {**environment, **own}
