"""Connections on which nothing arrives for a while: a relay in front of each broker.

A partition of the network is packets that do not arrive while every connection stays open. It is
made here by a relay that goes on accepting and forwards nothing, which needs no privilege.
"""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Sequence

BLOCK_BYTES = 1 << 16


class Link:
    """One relay: what connects to ``port`` is connected to ``target``."""

    def __init__(self) -> None:
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.target = 0
        self.passable = asyncio.Event()
        self.tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def serve(self) -> None:
        """Begin to accept connections."""
        self.passable.set()
        self._server = await asyncio.start_server(self._connected, sock=self._socket)

    def close(self) -> None:
        """Accept no more connections."""
        if self._server is not None:
            self._server.close()
        self._socket.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        try:
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await self._relay(reader, writer)
        finally:
            self.tasks.discard(task)
            writer.transport.abort()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self.passable.wait()
        there, back = await asyncio.open_connection("127.0.0.1", self.target)
        pumps = [
            asyncio.ensure_future(one)
            for one in (self._pump(reader, back), self._pump(there, writer))
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            back.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(BLOCK_BYTES):
            await self.passable.wait()
            writer.write(data)
            await writer.drain()


class Links:
    """A relay for each of ``count`` brokers, run by a thread of their own."""

    def __init__(self, count: int) -> None:
        self._loop = asyncio.new_event_loop()
        self._links = [Link() for _ in range(count)]
        self._thread = threading.Thread(target=self._loop.run_forever, name="links", daemon=True)

    @property
    def ports(self) -> list[int]:
        return [link.port for link in self._links]

    @property
    def bootstrap(self) -> str:
        return ",".join(f"127.0.0.1:{port}" for port in self.ports)

    def start(self, targets: Sequence[int]) -> None:
        """Relay to the ports ``targets``, one for each link."""
        self._thread.start()
        for link, target in zip(self._links, targets, strict=True):
            link.target = target
            asyncio.run_coroutine_threadsafe(link.serve(), self._loop).result(10)

    def stall(self) -> None:
        """Nothing passes any more, and nobody is told."""
        self._on_all(lambda link: link.passable.clear())

    def mend(self) -> None:
        """Everything passes again, what was held back first."""
        self._on_all(lambda link: link.passable.set())

    def close(self) -> None:
        """Break what is open, and end. May be called at any time, and more than once."""
        if self._thread.is_alive():
            asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)
        for link in self._links:
            link.close()
        self._loop.close()

    async def _end(self) -> None:
        tasks = [task for link in self._links for task in link.tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _on_all(self, act: Callable[[Link], object]) -> None:
        async def run() -> None:
            for link in self._links:
                act(link)

        asyncio.run_coroutine_threadsafe(run(), self._loop).result(10)
