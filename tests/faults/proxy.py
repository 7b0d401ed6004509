"""A TCP proxy that hangs, refuses and cuts on request."""

import socket
from contextlib import suppress
from threading import Event, Lock, Thread

HOST = "127.0.0.1"


class Proxy:
    """Forwards a port of its own to `target` on the loopback address, while it is well."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.limit: int | None = None
        self._well = Event()
        self._well.set()
        self._lock = Lock()
        self._open: list[socket.socket] = []
        self._listener = self._listen(0)
        self.port: int = self._listener.getsockname()[1]

    # What can be done to it --------------------------------------------------------------------

    def hang(self) -> None:
        """From now on every connection is accepted, and nothing is answered."""
        self._well.clear()

    def refuse(self) -> None:
        """From now on nobody gets in, and who is in is thrown out."""
        self._close_listener()
        self.cut()

    def cut(self) -> None:
        """End every connection in the middle of whatever it is doing."""
        with self._lock:
            doomed, self._open = self._open, []
        for one in doomed:
            _close(one)

    def cut_after(self, size: int) -> None:
        """End each new connection once so many bytes have gone to the target."""
        self.limit = size

    def heal(self) -> None:
        """As if nothing had been; what hung is cut."""
        self.limit = None
        if not self._well.is_set():
            self.cut()
            self._well.set()
        if self._listener.fileno() < 0:
            self._listener = self._listen(self.port)

    def stop(self) -> None:
        """The end."""
        self._close_listener()
        self._well.set()
        self.cut()

    # How it works ------------------------------------------------------------------------------

    def _listen(self, port: int) -> socket.socket:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(50)
        Thread(target=self._accept, args=(listener,), daemon=True).start()
        return listener

    def _close_listener(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread in accept()
        self._listener.close()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with self._lock:
            self._open.append(client)
        self._well.wait()
        try:
            server = socket.create_connection((HOST, self.target), timeout=5)
        except OSError:
            _close(client)
            return
        server.settimeout(None)
        with self._lock:
            self._open.append(server)
        Thread(target=self._pump, args=(server, client, None), daemon=True).start()
        self._pump(client, server, self.limit)

    def _pump(self, source: socket.socket, sink: socket.socket, limit: int | None) -> None:
        carried = 0
        with suppress(OSError):
            while data := source.recv(65536):
                self._well.wait()
                if limit is not None and carried + len(data) >= limit:
                    sink.sendall(data[: limit - carried])
                    break
                sink.sendall(data)
                carried += len(data)
        for one in (source, sink):
            _close(one)
            with self._lock, suppress(ValueError):
                self._open.remove(one)


def _close(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
