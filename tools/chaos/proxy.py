"""A small TCP proxy whose line can be made bad: slow, silent, reset or cut."""

import asyncio
import contextlib
import enum
import socket
import struct

CHUNK = 64 * 1024
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER of zero seconds: closing sends RST instead of FIN (socket(7))


class Mode(enum.StrEnum):
    """What the line does with what is sent through it."""

    PASS = "pass"  # noqa: S105  (a mode, not a secret)
    BLACK_HOLE = "black_hole"
    """Nothing arrives and nothing is refused; what was sent arrives when the line is good again, as TCP repeats it."""
    RESET = "reset"
    """Every connection is torn down by RST, new ones as soon as they are made."""
    LATENCY = "latency"
    CUT = "cut"
    """Connections end, and new ones are refused."""


class Proxy:
    """One line from a port on loopback to another."""

    def __init__(self, *, port: int, target: int, host: str = "127.0.0.1") -> None:
        self.port = port
        self.mode = Mode.PASS
        self.connections = 0
        """How many were made so far."""
        self._target, self._host = target, host
        self._delay = 0.0
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._open: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._serve, self._host, self.port)

    async def stop(self) -> None:
        """Stop listening and end every connection."""
        await self._refuse()
        self._flowing.set()
        self._end(reset=False)

    async def set(self, mode: Mode, *, delay: float = 0.0) -> None:
        """Change what the line does, for the open connections too.

        Args:
            mode: what it does from now on.
            delay: seconds by which LATENCY holds up each piece of data, either way.

        """
        self.mode, self._delay = mode, delay
        if mode is Mode.BLACK_HOLE:
            self._flowing.clear()
        else:
            self._flowing.set()
        if mode in {Mode.RESET, Mode.CUT}:
            self._end(reset=mode is Mode.RESET)
        if mode is Mode.CUT:
            await self._refuse()
        elif self._server is None:
            await self.start()

    def lead(self, *, target: int) -> None:
        """Lead new connections to another port; those that are open stay where they are."""
        self._target = target

    async def _refuse(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()

    def _end(self, *, reset: bool) -> None:
        for writer in tuple(self._open):
            _close(writer, reset=reset)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._open.add(writer)
        try:
            await self._flowing.wait()  # a black hole does not even answer
            if self.mode is Mode.RESET:
                _close(writer, reset=True)
                return
            await self._join(reader, writer)
        except OSError:
            _close(writer, reset=True)
        finally:
            self._open.discard(writer)
            writer.close()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(self._host, self._target)
        self._open.add(back)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pump(reader, back))
                group.create_task(self._pump(there, writer))
        finally:
            self._open.discard(back)
            back.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(CHUNK):
                await self._flowing.wait()
                if self.mode is Mode.LATENCY:
                    await asyncio.sleep(self._delay)
                writer.write(data)
                await writer.drain()
        writer.close()


def _close(writer: asyncio.StreamWriter, *, reset: bool) -> None:
    """End a connection, politely or not; what is still buffered is lost."""
    plug = writer.get_extra_info("socket")
    if reset and plug is not None:
        with contextlib.suppress(OSError):
            plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    if reset:
        writer.transport.abort()
    else:
        writer.close()
