"""A mail server that takes everything and keeps two counts: `python -m benchmarks.sink`.

It prints its port. The word STATS is answered with the messages and connections so far.
"""

import asyncio
import signal
import socket
import subprocess
import sys
from typing import Any

END = b"\r\n.\r\n"
COUNTS = {"messages": 0, "connections": 0}
OK = b"250 OK\r\n"


class Sink(asyncio.Protocol):
    """One connection: as much SMTP as Python's smtplib speaks."""

    def connection_made(self, transport: Any) -> None:
        self.transport, self.buffer, self.in_data, self.counted = transport, b"", False, False
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while self._one():
            pass

    def _one(self) -> bool:
        if self.in_data:
            message, end, rest = self.buffer.partition(END)
            if end:
                self.buffer, self.in_data = rest, False
                COUNTS["messages"] += 1
                self.transport.write(OK)
            return bool(end)
        line, end, rest = self.buffer.partition(b"\r\n")
        if end:
            self.buffer = rest
            self._command(line[:5].upper())
        return bool(end)

    def _command(self, word: bytes) -> None:
        if word == b"STATS":
            self.transport.write(f"{COUNTS['messages']} {COUNTS['connections']}\r\n".encode())
            return
        if not self.counted:
            self.counted = True
            COUNTS["connections"] += 1
        if word.startswith(b"DATA"):
            self.in_data = True
            self.transport.write(b"354 go on\r\n")
        elif word.startswith(b"QUIT"):
            self.transport.write(b"221 bye\r\n")
            self.transport.close()
        else:
            self.transport.write(OK)


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    server = await loop.create_server(Sink, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await ended.wait()


class SinkProcess:
    """The sink in a process of its own."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "benchmarks.sink"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())
        self._connection = socket.create_connection(("127.0.0.1", self.port))
        self._replies = self._connection.makefile("rb")
        self._replies.readline()

    def counts(self) -> tuple[int, int]:
        self._connection.sendall(b"STATS\r\n")
        messages, connections = self._replies.readline().split()
        return int(messages), int(connections)

    def stop(self) -> None:
        self._replies.close()
        self._connection.close()
        self.process.terminate()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


if __name__ == "__main__":
    asyncio.run(_serve())
