"""A TCP proxy in front of a server under test: cut off, or frozen with its connections open."""

import contextlib
import select
import socket
import threading
import time


class Proxy:
    """Passes bytes both ways between a port of its own and a server, as long as it is let."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._frozen = self._closed = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._listening = True
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Break all connections and refuse new ones."""
        self._listening = False
        for pair in self._pairs:
            for each in pair:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def freeze(self) -> None:
        """Pass nothing on, with all connections open."""
        self._frozen = True

    def restore(self) -> None:
        """Pass everything on again."""
        self._listening, self._frozen = True, False

    def close(self) -> None:
        """End for good."""
        self._closed = True
        self.cut()
        self._listener.close()

    def _accept(self) -> None:
        while not self._closed:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if not self._listening:
                client.close()
                continue
            pair = (client, socket.create_connection(self._target))
            self._pairs.append(pair)
            for source, sink in (pair, pair[::-1]):
                threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), source, sink:  # the other direction may have closed both
            while not self._closed:
                if self._frozen or not select.select([source], [], [], 0.2)[0]:
                    time.sleep(0.02 if self._frozen else 0)
                    continue
                data = source.recv(65536)
                if not data:
                    sink.shutdown(socket.SHUT_RDWR)
                    return
                sink.sendall(data)
