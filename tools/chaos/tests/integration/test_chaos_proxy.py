"""The proxy's modes, over real sockets of loopback."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import pytest

from devstack import ports
from tools.chaos.proxy import Mode, Proxy


@contextlib.asynccontextmanager
async def line() -> AsyncIterator[Proxy]:
    """A proxy in front of a server that answers each line in capitals."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.readline():
                writer.write(data.upper())
                await writer.drain()
        writer.close()

    chosen = ports.assign(names=["front", "back"], given={}, remembered={}, preferred={})
    server = await asyncio.start_server(answer, "127.0.0.1", chosen["back"])
    proxy = Proxy(port=chosen["front"], target=chosen["back"])
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.stop()
        server.close()
        await asyncio.sleep(0.05)


async def ask(proxy: Proxy, text: str = "hello") -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    try:
        return await say(reader, writer, text)
    finally:
        writer.close()


async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, text: str = "hello") -> str:
    writer.write(f"{text}\n".encode())
    await writer.drain()
    return (await asyncio.wait_for(reader.readline(), 5)).decode().strip()


async def is_reset(proxy: Proxy) -> bool:
    """Tell whether a new connection ends with RST; it may arrive while connecting or while waiting."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    except ConnectionResetError:
        return True
    try:
        await asyncio.wait_for(reader.read(1), 5)
    except ConnectionResetError:
        return True
    finally:
        writer.close()
    return False


def test_a_good_line_passes_everything_on():
    async def scene() -> None:
        async with line() as proxy:
            assert await ask(proxy) == "HELLO"
            assert await ask(proxy, "x" * 60_000) == "X" * 60_000
            assert proxy.connections == 2

    asyncio.run(scene())


def test_a_slow_line_delays_either_way():
    async def scene() -> None:
        async with line() as proxy:
            await proxy.set(Mode.LATENCY, delay=0.2)
            started = time.monotonic()

            answer = await ask(proxy)

            assert answer == "HELLO"
            assert time.monotonic() - started >= 0.4

    asyncio.run(scene())


def test_a_black_hole_answers_nothing_and_delivers_when_it_is_over():
    async def scene() -> None:
        async with line() as proxy:
            reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
            assert await say(reader, writer) == "HELLO"
            await proxy.set(Mode.BLACK_HOLE)
            writer.write(b"are you there\n")

            with pytest.raises(TimeoutError):
                await asyncio.wait_for(reader.readline(), 0.3)
            await proxy.set(Mode.PASS)

            assert await asyncio.wait_for(reader.readline(), 5) == b"ARE YOU THERE\n"
            writer.close()

    asyncio.run(scene())


def test_a_reset_line_tears_down_old_and_new_connections():
    async def scene() -> None:
        async with line() as proxy:
            reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
            assert await say(reader, writer) == "HELLO"

            await proxy.set(Mode.RESET)

            with pytest.raises(ConnectionResetError):
                await asyncio.wait_for(reader.readline(), 5)
            assert await is_reset(proxy)
            writer.close()
            await proxy.set(Mode.PASS)
            assert await ask(proxy) == "HELLO"

    asyncio.run(scene())


def test_a_cut_line_ends_connections_and_refuses_new_ones_until_it_is_healed():
    async def scene() -> None:
        async with line() as proxy:
            reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
            assert await say(reader, writer) == "HELLO"

            await proxy.set(Mode.CUT)

            assert await asyncio.wait_for(reader.readline(), 5) == b""
            with pytest.raises(ConnectionRefusedError):
                await ask(proxy)
            writer.close()
            await proxy.set(Mode.PASS)
            assert await ask(proxy) == "HELLO"

    asyncio.run(scene())


def test_a_line_to_a_dead_server_is_reset():
    async def scene() -> None:
        chosen = ports.assign(names=["front", "nobody"], given={}, remembered={}, preferred={})
        proxy = Proxy(port=chosen["front"], target=chosen["nobody"])
        await proxy.start()
        try:
            assert await is_reset(proxy)
        finally:
            await proxy.stop()

    asyncio.run(scene())
