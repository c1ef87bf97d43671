"""`qa cluster`: start nodes of a cluster, and see which there are."""

from typing import TYPE_CHECKING, Annotated

import typer

from qa.cli.shared import JsonOption, clean, print_json

if TYPE_CHECKING:
    from qa.batch.cluster_nodes import NodePlan

IpOption = Annotated[
    str, typer.Option("--ip", metavar="IP", help="This machine's address, as the others reach it.")
]
CpusOption = Annotated[
    int | None,
    typer.Option("--cpus", min=0, help="Processor cores to lend; one worker takes one."),
]
GpusOption = Annotated[int | None, typer.Option("--gpus", min=0, help="GPUs to lend.")]
FirstPortOption = Annotated[
    int,
    typer.Option(
        "--first-port", min=1024, max=65_000, help="First of the 206 ports in a row of this node."
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    cluster = typer.Typer(help="Workers on many machines, by Ray.", no_args_is_help=True)
    cluster.command("head")(head)
    cluster.command("join")(join)
    cluster.command("status")(status)
    app.add_typer(cluster, name="cluster")


def head(
    ip: IpOption,
    port: Annotated[int, typer.Option("--port", min=1024, max=65_535, help="Its port.")] = 6379,
    cpus: CpusOption = None,
    gpus: GpusOption = None,
    first_port: FirstPortOption = 6380,
) -> None:
    """Start a cluster on this machine; runs until Ctrl-C or SIGTERM, which end this node only.

    The token is that of ~/.ray/auth_token, or of RAY_AUTH_TOKEN_PATH; `ray get-auth-token
    --generate` makes one.
    """
    from qa.batch.cluster_nodes import NodePlan

    _become(NodePlan(ip, None, cpus, gpus, first_port, port))


def join(
    address: Annotated[str, typer.Argument(metavar="HEAD:PORT", help="The head's address.")],
    ip: IpOption,
    cpus: CpusOption = None,
    gpus: GpusOption = None,
    first_port: FirstPortOption = 6380,
) -> None:
    """Lend this machine to a cluster; runs until Ctrl-C or SIGTERM, which end this node only.

    It needs the head's token, and the same versions of Python, Ray and tingjian.
    """
    from qa.batch.cluster_nodes import NodePlan

    _become(NodePlan(ip, address, cpus, gpus, first_port))


def status(as_json: JsonOption = False) -> None:
    """List the nodes of the cluster that the settings name, and what they lend."""
    from qa.batch.cluster import check_cluster
    from qa.batch.cluster_attach import list_nodes
    from qa.cli.show import terminal
    from qa.config import load_settings

    check_cluster()
    nodes = list_nodes(load_settings())
    if as_json:
        print_json(nodes)
        return
    for node in nodes:
        state = "there" if node.is_alive else "gone"
        lends = f"{node.cpus:g} cores, {node.gpus:g} GPUs" if node.is_alive else ""
        terminal().print(f"{clean(node.address):<18} {state:<6} {lends}".rstrip(), markup=False)


def _become(plan: "NodePlan") -> None:
    """Become the process that holds the node, so that signals reach it."""
    import os

    from qa.batch.cluster import check_cluster
    from qa.batch.cluster_nodes import check_ports, node_command, node_environment, node_ports

    check_cluster()
    command = node_command(plan)
    check_ports(plan)
    ports = ", ".join(f"{a}" if a == b else f"{a}-{b}" for a, b in node_ports(plan))
    typer.echo(f"qa: the other machines must reach {clean(plan.ip)} on the ports {ports}", err=True)
    if plan.head is None:
        join = f"qa cluster join {clean(plan.ip)}:{plan.head_port} --ip THEIR-ADDRESS"
        typer.echo(f"qa: they join by `{join}`; nothing of what Ray proposes is needed", err=True)
    os.execve(command[0], command, node_environment(os.environ))
