"""A load on the service: connections that stay open and ask one request after another.

The client is written on bare sockets, because it runs beside the service on the same processors.
"""

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

_HEAD_END = b"\r\n\r\n"

_Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: what it is counted as, its path, and headers of its own."""

    kind: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()


@dataclass
class Answers:
    """What came back.

    Attributes:
        seconds: by kind, how long each request took from when it was due until its last byte.
        wrong: by kind and status, answers that were neither 200 nor 206.
        bytes_read: bodies only.
        wall_s: how long the load lasted.
        cpu_s: processor seconds of the server in that time, without a database server's.
    """

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    wrong: dict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))
    bytes_read: int = 0
    wall_s: float = 0.0
    cpu_s: float = 0.0

    @property
    def count(self) -> int:
        """Requests that were answered."""
        return sum(map(len, self.seconds.values()))

    def percentile(self, kind: str, share: float) -> float:
        """Milliseconds within which a share (0–1) of a kind's requests were answered."""
        ordered = sorted(self.seconds[kind])
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def load(
    address: tuple[str, int],
    choose: Callable[[random.Random, int], Asked],
    headers: Mapping[str, str],
    *,
    connections: int,
    seconds: float,
    every_s: float = 0.0,
) -> Answers:
    """Ask for some time over several connections at once.

    Args:
        choose: picks the next request of a connection, by its number.
        headers: sent with every request.
        seconds: how long; requests under way are waited for.
        every_s: mean time from one request of a connection to the next, exponentially spread and
            laid down before (an open loop): a request that cannot be sent in time, for the answer
            before it is late, is late itself from then on. 0 asks at once again (a closed loop).
    """
    return asyncio.run(_load(address, choose, headers, (connections, seconds, every_s)))


async def _load(
    address: tuple[str, int],
    choose: Callable[[random.Random, int], Asked],
    headers: Mapping[str, str],
    how: tuple[int, float, float],
) -> Answers:
    connections, seconds, every_s = how
    answers, began = Answers(), time.perf_counter()
    shared = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = f"Host: {address[0]}:{address[1]}\r\n{shared}"

    async def one(number: int) -> None:
        chance = random.Random(number)
        line = await _connect(address)
        try:
            due = began
            while True:
                due = due + chance.expovariate(1 / every_s) if every_s else time.perf_counter()
                if due - began >= seconds:
                    break
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                asked = choose(chance, number)
                try:
                    await _ask(line, head, asked, answers, due)
                except (asyncio.IncompleteReadError, ConnectionError):
                    # As a browser does: a service ends connections that were idle for seconds.
                    line[1].close()
                    line = await _connect(address)
                    await _ask(line, head, asked, answers, due)
        finally:
            line[1].close()

    await asyncio.gather(*(one(number) for number in range(connections)))
    answers.wall_s = time.perf_counter() - began
    return answers


async def _connect(address: tuple[str, int]) -> _Line:
    return await asyncio.open_connection(*address, limit=1 << 22)


async def _ask(
    line: _Line,
    head: str,
    asked: Asked,
    answers: Answers,
    due: float,
) -> None:
    reader, writer = line
    own = "".join(f"{name}: {value}\r\n" for name, value in asked.headers)
    writer.write(f"GET {asked.path} HTTP/1.1\r\n{head}{own}\r\n".encode())
    status, size = await _answer(reader)
    answers.seconds[asked.kind].append(time.perf_counter() - due)
    answers.bytes_read += size
    if status not in (200, 206):
        answers.wrong[asked.kind, status] += 1


async def _answer(reader: asyncio.StreamReader) -> tuple[int, int]:
    """Read one answer; return its status and the length of its body."""
    head = (await reader.readuntil(_HEAD_END)).decode("latin-1").lower()
    status = int(head.split(" ", 2)[1])
    fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
    if "content-length" in fields:
        size = int(fields["content-length"])
        await reader.readexactly(size)
        return status, size
    if fields.get("transfer-encoding") != "chunked":
        return status, 0
    size = 0
    while length := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        await reader.readexactly(length + 2)
        size += length
    await reader.readexactly(2)
    return status, size
