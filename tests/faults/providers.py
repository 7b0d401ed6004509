"""Mail providers' HTTP APIs on loopback, which answer as they are told, good and bad.

What they take and say is what the providers' documentation and anymail's own tests have: Amazon
SES (v2 SendEmail), Brevo, Mailgun, Postmark and SendGrid.
"""

import json
import time
from base64 import b64decode
from collections import Counter, deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any
from urllib.parse import parse_qs

from requests.structures import CaseInsensitiveDict

HANG, DROP = "hang", "drop"


@dataclass(frozen=True)
class Reply:
    """`lost`: the message was taken, and the answer is HANG or DROP."""

    status: int = 200
    body: Any = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    lost: str = ""


@dataclass(frozen=True)
class Taken:
    """What arrived: address, headers as the provider was told them, and what reports carry back."""

    to: str
    subject: str
    headers: Mapping[str, str]
    text: str
    metadata: Any
    at: float

    @property
    def message_id(self) -> str:
        return self.headers["Message-ID"]


def _taken(to: str, subject: str, headers: Any, text: str, metadata: Any) -> Taken:
    return Taken(to, subject, CaseInsensitiveDict(headers), text, metadata, time.monotonic())


class Postmark:
    settings = staticmethod(
        lambda base: {"POSTMARK_SERVER_TOKEN": "token", "POSTMARK_API_URL": base}
    )
    key_header = ("X-Postmark-Server-Token", "token")
    good = Reply(200, {"MessageID": "b7bc2f4a", "ErrorCode": 0, "Message": "OK", "To": "{to}"})
    refused = (
        Reply(422, {"ErrorCode": 300, "Message": "Invalid 'To' address: '{to}'."}),
        Reply(
            422,
            {
                "ErrorCode": 406,
                "Message": "You tried to send to a recipient that has been marked as inactive.\n"
                "Found inactive addresses: {to}.\nInactive recipients are ones that have "
                "generated a hard bounce or a spam complaint. ",
            },
        ),
    )
    ours = (
        Reply(401, {"ErrorCode": 10, "Message": "Bad or missing API token."}),
        Reply(422, {"ErrorCode": 400, "Message": "The 'From' address you supplied is not a Sender "
                    "Signature on your account."}),
        Reply(422, {"ErrorCode": 405, "Message": "Not allowed to send: out of credits."}),
    )  # fmt: skip
    busy = (
        Reply(429, {"ErrorCode": 429, "Message": "Rate limit exceeded."}),
        Reply(500, {"ErrorCode": 0, "Message": "Internal Server Error"}),
        Reply(503, "Service Unavailable"),
    )

    @staticmethod
    def read(body: bytes) -> tuple[str, str, Any, str, Any]:
        said = json.loads(body)
        headers = {each["Name"]: each["Value"] for each in said["Headers"]}
        headers["Reply-To"] = said["ReplyTo"]
        return said["To"], said["Subject"], headers, said["TextBody"], said["Metadata"]


class Mailgun:
    settings = staticmethod(
        lambda base: {"MAILGUN_API_KEY": "token", "MAILGUN_API_URL": f"{base}v3"}
    )
    key_header = ("Authorization", "Basic YXBpOnRva2Vu")
    good = Reply(200, {"id": "<20261129.1@hub.example>", "message": "Queued. Thank you."})
    refused = (
        Reply(400, {"message": "'to' parameter is not a valid address. please check "
                    "documentation"}),
    )  # fmt: skip
    ours = (
        Reply(401, "Forbidden"),
        Reply(404, {"message": "Domain not found: hub.example"}),
        Reply(403, {"message": "Domain hub.example is not allowed to send: The domain is "
                    "unverified."}),
        Reply(400, {"message": "from parameter is not a valid address. please check "
                    "documentation"}),
        Reply(200, "Mailgun Magnificent API"),
    )  # fmt: skip
    busy = (Reply(429, {"message": "rate limited"}), Reply(500, ""), Reply(502, "<html>"))

    @staticmethod
    def read(body: bytes) -> tuple[str, str, Any, str, Any]:
        said = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        headers = {name[2:]: value for name, value in said.items() if name.startswith("h:")}
        metadata = {name[2:]: value for name, value in said.items() if name.startswith("v:")}
        return said["to"], said["subject"], headers, said["text"], metadata


class SendGrid:
    settings = staticmethod(
        lambda base: {"SENDGRID_API_KEY": "token", "SENDGRID_API_URL": f"{base}v3/"}
    )
    key_header = ("Authorization", "Bearer token")
    good = Reply(202)
    refused = (
        Reply(400, {"errors": [{"message": "Does not contain a valid address.",
                                "field": "personalizations.0.to.0.email", "help": "http"}]}),
    )  # fmt: skip
    ours = (
        Reply(401, {"errors": [{"message": "The provided authorization grant is invalid, expired, "
                                "or revoked", "field": None, "help": None}]}),
        Reply(403, {"errors": [{"message": "The from address does not match a verified Sender "
                                "Identity.", "field": "from", "help": None}]}),
        Reply(401, {"errors": [{"message": "Maximum credits exceeded", "field": None}]}),
        Reply(400, {"errors": [{"message": "Does not contain a valid address.",
                                "field": "from.email", "help": None}]}),
    )  # fmt: skip
    busy = (Reply(429, {"errors": [{"message": "too many requests"}]}), Reply(503, ""))

    @staticmethod
    def read(body: bytes) -> tuple[str, str, Any, str, Any]:
        said = json.loads(body)
        [person] = said["personalizations"]
        headers = dict(said["headers"]) | {"Reply-To": said["reply_to_list"][0]["email"]}
        text = said["content"][0]["value"]
        return person["to"][0]["email"], said["subject"], headers, text, said["custom_args"]


class Brevo:
    settings = staticmethod(lambda base: {"BREVO_API_KEY": "token", "BREVO_API_URL": f"{base}v3/"})
    key_header = ("api-key", "token")
    good = Reply(201, {"messageId": "<201798300811.5700.1@relay.example>"})
    refused = (Reply(400, {"code": "invalid_parameter", "message": "email is not valid in to"}),)
    ours = (
        Reply(401, {"code": "unauthorized", "message": "Key not found"}),
        Reply(402, {"code": "not_enough_credits", "message": "not enough credits"}),
        Reply(403, {"code": "permission_denied", "message": "Unable to send email. Your SMTP "
                    "account is not yet activated."}),
        Reply(400, {"code": "invalid_parameter", "message": "valid sender email address required"}),
    )  # fmt: skip
    busy = (Reply(429, {"code": "too_many_requests", "message": "slow down"}), Reply(500, ""))

    @staticmethod
    def read(body: bytes) -> tuple[str, str, Any, str, Any]:
        said = json.loads(body)
        headers = dict(said["headers"]) | {"Reply-To": said["replyTo"]["email"]}
        metadata = json.loads(headers["X-Mailin-custom"])
        return said["to"][0]["email"], said["subject"], headers, said["textContent"], metadata


def _amazon(status: int, kind: str, message: str) -> Reply:
    return Reply(status, {"message": message}, {"x-amzn-ErrorType": kind})


class AmazonSes:
    settings = staticmethod(
        lambda base: {
            "AMAZON_SES_CLIENT_PARAMS": {
                "endpoint_url": base,
                "region_name": "eu-west-1",
                "aws_access_key_id": "token",
                "aws_secret_access_key": "secret",
            }
        }
    )
    key_header = ("Authorization", "AWS4-HMAC-SHA256 Credential=token/")
    good = Reply(200, {"MessageId": "01070183c0ffee-000000"})
    refused = (
        _amazon(400, "BadRequestException", "Missing final '@domain'"),
        _amazon(400, "MessageRejected", "Transaction failed: Virus detected"),
    )
    ours = (
        _amazon(403, "InvalidClientTokenId", "The security token in the request is invalid."),
        _amazon(403, "SignatureDoesNotMatch", "The request signature does not match."),
        _amazon(400, "AccountSuspendedException", "Your account is suspended."),
        _amazon(400, "SendingPausedException", "Sending is paused."),
        _amazon(400, "MailFromDomainNotVerifiedException", "MAIL FROM domain"),
        _amazon(400, "MessageRejected", "Email address is not verified. The following identities "
                "failed the check in region EU-WEST-1: no-reply@hub.example"),
    )  # fmt: skip
    busy = (
        _amazon(429, "TooManyRequestsException", "Maximum sending rate exceeded."),
        _amazon(400, "ThrottlingException", "Rate exceeded"),
        _amazon(503, "ServiceUnavailable", "Please reduce your request rate."),
    )

    @staticmethod
    def read(body: bytes) -> tuple[str, str, Any, str, Any]:
        said = json.loads(body)
        mail = message_from_bytes(b64decode(said["Content"]["Raw"]["Data"]), policy=policy.default)
        assert isinstance(mail, EmailMessage)
        part = mail.get_body(("plain",))
        text = part.get_content() if part else ""
        [to] = said["Destination"]["ToAddresses"]
        return to, mail["Subject"], dict(mail.items()), text, json.loads(mail["X-Metadata"])


APIS: Mapping[str, Any] = {
    "amazon_ses": AmazonSes,
    "brevo": Brevo,
    "mailgun": Mailgun,
    "postmark": Postmark,
    "sendgrid": SendGrid,
}


class Provider:
    """One provider's API on a port. `scripts` are used up, one for each request; `always` answers
    every other one."""

    def __init__(self, name: str, port: int = 0) -> None:
        self.name, self.api = name, APIS[name]
        self.scripts: deque[Reply | None] = deque()
        self.always: Reply | None = None
        self.taken: list[Taken] = []
        self.requests = 0
        self.wrong_keys = 0
        self._lock, self._ended = Lock(), Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def settings(self) -> dict[str, Any]:
        """What anymail is told."""
        read: dict[str, Any] = self.api.settings(f"http://127.0.0.1:{self.port}/")
        return read

    @property
    def addresses(self) -> list[str]:
        return [taken.to for taken in self.taken]

    def doubled(self) -> dict[str, int]:
        counted = Counter(taken.message_id for taken in self.taken)
        return {name: count for name, count in counted.items() if count > 1}

    def stop(self) -> None:
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *args: Any) -> None:
                """Silent."""

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                name, key = provider.api.key_header
                with provider._lock:
                    provider.requests += 1
                    provider.wrong_keys += not self.headers.get(name, "").startswith(key)
                    reply = (
                        provider.scripts.popleft() if provider.scripts else provider.always
                    ) or provider.api.good
                    to, *rest = provider.api.read(body)
                    if reply is provider.api.good or reply.lost:
                        provider.taken.append(_taken(to, *rest))
                if reply.lost:
                    if reply.lost == HANG:
                        provider._ended.wait(30)
                    self.close_connection = True
                    return
                self._say(reply, to)

            def _say(self, reply: Reply, to: str) -> None:
                said = reply.body if isinstance(reply.body, str) else json.dumps(reply.body)
                data = said.replace("{to}", to).encode()
                with suppress(OSError):
                    self.send_response(reply.status)
                    for name, value in reply.headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(data)))
                    self.end_headers()
                    self.wfile.write(data)

        return Handler
