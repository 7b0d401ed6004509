"""A mail server that misbehaves as it is told, step by step, and remembers what it took."""

import socket
import time
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from email import message_from_bytes
from threading import Event, Lock, Thread
from typing import Any

HANG, DROP = "hang", "drop"
STEPS = ("CONNECT", "EHLO", "STARTTLS", "MAIL", "RCPT", "DATA", "END")
GOOD = {"CONNECT": "220 ready", "DATA": "354 go on", "QUIT": "221 bye"}
# What a message is answered at one of its steps: a reply such as "450 later", HANG or DROP.
Script = dict[str, str]


@dataclass(frozen=True)
class Taken:
    """One mail as it arrived."""

    to: str
    message_id: str
    subject: str
    body: str
    at: float
    connection: int


class MailServer:
    """Listens on a loopback port. `scripts` are used up, one for each message that begins.

    `always` holds for every connection and message; `offers` are the extensions it announces;
    `on_taken` is called when a message has been taken, before that is answered.
    """

    def __init__(self, port: int = 0) -> None:
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port: int = self._listener.getsockname()[1]
        self._lock = Lock()
        self._open: set[socket.socket] = set()
        self.reset()
        Thread(target=self._accept, daemon=True).start()

    def reset(self) -> None:
        """Well behaved, with an empty memory."""
        self.scripts: deque[Script] = deque()
        self.always: Script = {}
        self.offers: tuple[str, ...] = ()
        self.on_taken: Callable[[Taken], Any] | None = None
        self.taken: list[Taken] = []
        self.commands: list[str] = []
        self.connections = 0
        self.seconds_for_each = 0.0
        self._ended = Event()

    def stop(self) -> None:
        """The end, for those that hang, too."""
        self._ended.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for client in self._open:
                with suppress(OSError):
                    client.shutdown(socket.SHUT_RDWR)

    @property
    def addresses(self) -> list[str]:
        """Who got mail, in order."""
        return [taken.to for taken in self.taken]

    def doubled(self) -> dict[str, int]:
        """Message-IDs that came more than once, and how often."""
        counted = Counter(taken.message_id for taken in self.taken)
        return {name: count for name, count in counted.items() if count > 1}

    # SMTP, as much as Python's smtplib speaks ---------------------------------------------------

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                self._open.add(client)
            Thread(target=self._serve, args=(client, self.connections), daemon=True).start()

    def _serve(self, client: socket.socket, number: int) -> None:
        with client, suppress(OSError, _Dropped), client.makefile("rb") as lines:
            self._talk(client, lines, number)
        with self._lock:
            self._open.discard(client)

    def _talk(self, client: socket.socket, lines: Any, number: int) -> None:
        script: Script = {}
        to = ""
        self._answer(client, "CONNECT", script)
        while line := lines.readline():
            word = line[:4].decode(errors="replace").strip().upper()
            self.commands.append(line.decode(errors="replace").strip())
            if word == "MAIL":
                script = self._next_script()
            if word == "RCPT":
                to = line.decode().partition("<")[2].partition(">")[0]
            step = "STARTTLS" if word == "STAR" else word
            good = self._answer(client, step, script)
            if word == "QUIT":
                return
            if word == "DATA" and good:
                taken = self._read(lines, to, number)
                if script.get("END", self.always.get("END", "")) in ("", HANG, DROP):
                    self._take(taken)
                self._answer(client, "END", script)

    def _next_script(self) -> Script:
        with self._lock:
            return self.scripts.popleft() if self.scripts else {}

    def _answer(self, client: socket.socket, step: str, script: Script) -> bool:
        reply = script.get(step) or self.always.get(step) or ""
        if reply == HANG:
            self._ended.wait(60)
            raise _Dropped
        if reply == DROP:
            raise _Dropped
        if not reply and step == "EHLO":
            names = ("hello", *self.offers)
            marks = ["-"] * (len(names) - 1) + [" "]
            reply = "\r\n".join(f"250{m}{n}" for m, n in zip(marks, names, strict=True))
        reply = reply or GOOD.get(step, "250 OK")
        client.sendall(f"{reply}\r\n".encode())
        return reply.startswith(("2", "3"))

    def _read(self, lines: Any, to: str, number: int) -> Taken:
        content = b""
        while (line := lines.readline()) not in (b".\r\n", b""):
            content += line.removeprefix(b".") if line.startswith(b"..") else line
        if not line:
            raise _Dropped
        mail = message_from_bytes(content)
        part: Any = mail.get_payload(0) if mail.is_multipart() else mail
        text = part.get_payload(decode=True).decode()
        return Taken(to, mail["Message-ID"], mail["Subject"], text, time.monotonic(), number)

    def _take(self, taken: Taken) -> None:
        time.sleep(self.seconds_for_each)
        with self._lock:
            self.taken.append(taken)
        if self.on_taken:
            self.on_taken(taken)


class _Dropped(Exception):
    """The connection ends here, without a word."""
