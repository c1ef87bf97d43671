"""Joining a cluster, never without its token; and which nodes it has."""

import logging
import os
import socket
from dataclasses import dataclass
from typing import Any

from qa.config import Settings
from qa.errors import ClusterError

_KNOCK_S = 10.0


def attach(settings: Settings) -> Any:
    """Join the cluster, with its token.

    Raises:
        ClusterError: there is no cluster, or it does not take the token.
    """
    # Before Ray is imported: it must never speak to a cluster without the token.
    os.environ["RAY_AUTH_MODE"] = "token"
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    import ray

    _knock(settings.cluster.address)
    address = settings.cluster.address or os.environ.get("RAY_ADDRESS") or "auto"
    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, ValueError, RuntimeError, OSError, ray.exceptions.RayError) as error:
        raise ClusterError(
            f"it cannot be reached at {address} ({type(error).__name__}): is its head running, is "
            "a node running on this machine, and is the token the same?"
        ) from error
    return ray


@dataclass(frozen=True, slots=True)
class NodeState:
    """A node as the cluster sees it; `cpus` and `gpus` are what it lends."""

    address: str
    is_alive: bool
    cpus: float
    gpus: float


def list_nodes(settings: Settings) -> tuple[NodeState, ...]:
    """Ask a cluster for its nodes, those that are gone included.

    Raises:
        ClusterError: there is no cluster, or it does not take the token.
    """
    ray = attach(settings)
    try:
        found = [
            NodeState(
                *(node["NodeManagerAddress"], bool(node["Alive"])),
                *(node["Resources"].get(kind, 0.0) for kind in ("CPU", "GPU")),
            )
            for node in ray.nodes()
        ]
    finally:
        ray.shutdown()
    return tuple(sorted(found, key=lambda node: (not node.is_alive, node.address)))


def _knock(address: str | None) -> None:
    """Make sure that somebody listens there: Ray itself would try for minutes."""
    host, _, port = (address or "").rpartition(":")
    if not host or not port.isdigit():
        return
    try:
        socket.create_connection((host, int(port)), _KNOCK_S).close()
    except OSError as error:
        problem = f"nobody listens at {address} ({error.strerror or type(error).__name__})"
        raise ClusterError(f"{problem}: is the head running?") from error
