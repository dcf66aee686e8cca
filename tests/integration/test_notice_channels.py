"""Channels against stand-ins on this machine that check what the real ones check: signature, key, login, certificate."""

from __future__ import annotations

import base64
import email
import email.policy
import hashlib
import hmac
import ipaddress
import json
import logging
import socket
import ssl
import threading
import time
import traceback
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from notices.channels import posting
from notices.channels.channel import DeliveryFailed
from notices.channels.dingtalk import Dingtalk
from notices.channels.smtp import Smtp
from notices.channels.webhook import Callback, Webhook, verify
from notices.channels.wecom import Wecom
from notices.message import Message
from notices.model import Address, Notice, Topic, to_department
from notices.settings import SmtpChannel

NOW = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)
TOKEN, SECRET, KEY, HOOK = "token-of-the-test", "SECs3cret/of+the=test", "693a91f6-key-of-the-test", "hook-secret"
SECRETS = (TOKEN, SECRET, KEY, HOOK)


def notice(number=1, **more):
    facts = {
        "subject_zh": f"工单 T-{number} 已分派",
        "subject_en": f"Ticket T-{number} routed",
        "body_zh": "请于 2026-11-25 前办理。",
        "body_en": "Due on 2026-11-25.",
        **more,
    }
    return Notice(
        topic=Topic.TICKET_ROUTED, about=f"T-{number}", recipient=to_department("ga"), occasion="1", created_at=NOW,
        payload={"state": "routed"}, **facts,
    )  # fmt: skip


def message(*notices):
    return Message("D7", "李四", notices or (notice(),))


class StandIn:
    """A server that answers as its ``answer`` says: from path, parameters, headers and body to status and body."""

    def __init__(self, answer, tls=None):
        self.answer = answer
        self.asked = []
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                url = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(url.query).items()}
                stand_in.asked.append((url.path, query, dict(self.headers), body))
                status, headers, content = stand_in.answer(url.path, query, self.headers, body)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_port
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def robot(code, words="ok"):
    return 200, {"Content-Type": "application/json"}, json.dumps({"errcode": code, "errmsg": words}).encode()


def dingtalk_robot(clock=lambda: NOW, after=lambda: robot(0)):
    """What DingTalk checks: the token, the signature, that the timestamp is of this hour, and the form of the message."""

    def answer(path, query, headers, body):
        if path != "/robot/send" or query.get("access_token") != TOKEN:
            return robot(300005, "token is not exist")
        stamp = query.get("timestamp", "")
        digest = hmac.digest(SECRET.encode(), f"{stamp}\n{SECRET}".encode(), "sha256")
        if query.get("sign") != base64.b64encode(digest).decode():
            return robot(310000, "sign not match")
        if abs(clock().timestamp() * 1000 - int(stamp)) > 3_600_000:
            return robot(310000, "invalid timestamp")
        content = json.loads(body)
        if content["msgtype"] != "markdown" or not content["markdown"]["title"] or len(body) > 20_000:
            return robot(400105, "unsupported msgtype")
        return after()

    return answer


def wecom_robot(path, query, headers, body):
    """What WeCom checks: the key, and that the content is not too long."""
    if path != "/cgi-bin/webhook/send" or query != {"key": KEY}:
        return robot(93000, "invalid webhook url")
    content = json.loads(body)
    if content["msgtype"] != "markdown" or len(content["markdown"]["content"].encode()) > 4096:
        return robot(40058, "markdown.content exceed max length 4096")
    return robot(0)


@pytest.fixture
def stand_in(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    made = []

    def make(answer, tls=None):
        made.append(StandIn(answer, tls))
        return made[-1]

    yield make
    for one in made:
        one.close()


def free_port():
    """A port at which nobody listens now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def refused(channel, *, address=None, now=NOW, what=None):
    with pytest.raises(DeliveryFailed) as failed:
        channel.send(address or Address("x", "", "ga"), what or message(), now)
    told = "".join(traceback.format_exception(failed.value))
    assert not any(secret in told for secret in SECRETS)
    assert "127.0.0.1" not in str(failed.value)
    return failed.value.kind, failed.value.retry


# --- robots -----------------------------------------------------------------------------------------------------------


def dingtalk(server, secret=SECRET, token=TOKEN):
    return Dingtalk(f"{server.url}/robot/send", token, secret, timeout=5, ca_file=None)


def test_dingtalk_takes_a_signed_message(stand_in):
    server = stand_in(dingtalk_robot())
    dingtalk(server).send(Address("dingtalk", "", "ga"), message(), NOW)
    ((_, _, _, body),) = server.asked
    told = json.loads(body)["markdown"]
    assert "工单 T-1 已分派" in told["title"]
    assert "Due on 2026-11-25." in told["text"]


def test_dingtalk_refuses_another_secret_another_token_and_an_old_timestamp(stand_in):
    server = stand_in(dingtalk_robot())
    assert refused(dingtalk(server, secret="SECother")) == ("errcode_310000", True)
    assert refused(dingtalk(server, token="other")) == ("errcode_300005", True)
    assert refused(dingtalk(server), now=NOW - timedelta(minutes=61)) == ("errcode_310000", True)
    dingtalk(server).send(Address("dingtalk", "", "ga"), message(), NOW - timedelta(minutes=59))


def test_a_robot_that_is_told_too_much_is_left_alone_for_a_while(stand_in):
    assert refused(dingtalk(stand_in(dingtalk_robot(after=lambda: robot(130101))))) == ("rate_limited", True)
    busy = stand_in(lambda *_: robot(45009))
    assert refused(Wecom(f"{busy.url}/cgi-bin/webhook/send", KEY, timeout=5, ca_file=None)) == ("rate_limited", True)


def test_wecom_takes_what_carries_its_key(stand_in):
    server = stand_in(wecom_robot)
    Wecom(f"{server.url}/cgi-bin/webhook/send", KEY, timeout=5, ca_file=None).send(
        Address("wecom", "", "ga"), message(), NOW
    )
    other = Wecom(f"{server.url}/cgi-bin/webhook/send", "other", timeout=5, ca_file=None)
    assert refused(other) == ("errcode_93000", True)


def test_long_digests_fit_into_both_robots(stand_in):
    many = message(*(notice(number, subject_zh="工单" * 60) for number in range(300)))
    for channel in (
        dingtalk(stand_in(dingtalk_robot())),
        Wecom(f"{stand_in(wecom_robot).url}/cgi-bin/webhook/send", KEY, timeout=5, ca_file=None),
    ):
        channel.send(Address("x", "", "ga"), many, NOW)


@pytest.mark.parametrize(
    "answer", [b"", b"<html>login</html>", b"[]", b'{"errmsg": "ok"}', b'{"errcode": null}', b"{" * 70_000]
)
def test_an_answer_that_is_no_robots_is_no_success(stand_in, answer):
    assert refused(dingtalk(stand_in(lambda *_: (200, {}, answer)))) == ("no_robot", True)


# --- webhooks ---------------------------------------------------------------------------------------------------------


def receiver(secret, clock=lambda: NOW):
    """A counter system: refuses what is not signed with its secret, or old."""

    def answer(path, query, headers, body):
        genuine = verify(secret, headers["Shuyuan-Timestamp"], headers["Shuyuan-Signature"], body, now=clock())
        mac = hmac.new(secret.encode(), headers["Shuyuan-Timestamp"].encode() + b"." + body, hashlib.sha256)
        assert genuine == (headers["Shuyuan-Signature"] == f"v1={mac.hexdigest()}" and clock() == NOW)
        return (204 if genuine else 401), {}, b""

    return answer


def test_a_system_is_told_in_signed_canonical_json(stand_in):
    server = stand_in(receiver(HOOK))
    Webhook(f"{server.url}/in", HOOK, timeout=5, ca_file=None).send(Address("webhook", "", "ga"), message(), NOW)
    ((path, _, headers, body),) = server.asked
    assert (path, headers["Shuyuan-Delivery"], headers["Shuyuan-Timestamp"]) == ("/in", "D7", "1794967200")
    told = json.loads(body)
    assert (told["about"], told["topic"], told["payload"]) == ("T-1", "ticket_routed", {"state": "routed"})
    assert body.decode() == json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert refused(Webhook(f"{server.url}/in", "other", timeout=5, ca_file=None)) == ("http_401", True)


def test_an_old_message_is_refused_by_its_receiver(stand_in):
    late = stand_in(receiver(HOOK, clock=lambda: NOW + timedelta(minutes=6)))
    assert refused(Webhook(late.url, HOOK, timeout=5, ca_file=None)) == ("http_401", True)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (500, ("http_500", True)),
        (503, ("http_503", True)),
        (404, ("http_404", True)),
        (429, ("rate_limited", True)),
        (410, ("http_410", False)),
    ],
)
def test_other_answers_are_failures_told_by_their_number(stand_in, status, outcome):
    server = stand_in(lambda *_: (status, {}, b"secret words of the other side"))
    assert refused(Webhook(server.url, HOOK, timeout=5, ca_file=None)) == outcome


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(stand_in, status):
    elsewhere = stand_in(lambda *_: (200, {}, b""))
    server = stand_in(lambda *_: (status, {"Location": f"{elsewhere.url}/x"}, b""))
    assert refused(Webhook(server.url, HOOK, timeout=5, ca_file=None)) == (f"http_{status}", True)
    assert elsewhere.asked == []


def test_nobody_there_and_nobody_answering(stand_in):
    assert refused(Webhook(f"http://127.0.0.1:{free_port()}", HOOK, timeout=5, ca_file=None)) == ("unreachable", True)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        channel = Webhook(f"http://127.0.0.1:{silent.getsockname()[1]}", HOOK, timeout=0.2, ca_file=None)
        assert refused(channel) == ("timeout", True)


def test_who_answers_byte_by_byte_does_not_hold_the_sender():
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip():
            connection, _ = server.accept()
            with connection:
                try:
                    for byte in b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1000:
                        connection.send(bytes([byte]))
                        time.sleep(0.05)
                except OSError:
                    pass

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        begun = time.monotonic()
        channel = Webhook(f"http://127.0.0.1:{server.getsockname()[1]}", HOOK, timeout=0.4, ca_file=None)
        assert refused(channel) == ("timeout", True)
        assert time.monotonic() - begun < 3
        thread.join()


def test_neither_addresses_nor_secrets_are_logged(stand_in, caplog):
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.NOTSET)
    dingtalk(stand_in(dingtalk_robot())).send(Address("dingtalk", "", "ga"), message(), NOW)
    assert not any(secret in caplog.text for secret in SECRETS)
    assert "access_token" not in caplog.text


# --- callbacks --------------------------------------------------------------------------------------------------------


def callback(server=None, **more):
    settings = {"allow_hosts": (), "allow_loopback": True, "timeout": 5, "ca_file": None, **more}
    return Callback(**settings)


def at(url, secret=HOOK):
    return Address("webhook", url, "窗口系统", secret=secret)


def test_a_system_is_called_back_with_the_secret_of_its_key(stand_in):
    server = stand_in(receiver(HOOK))
    callback().send(at(f"{server.url}/cb?from=hub"), message(), NOW)
    ((path, query, headers, _),) = server.asked
    assert (path, query, headers["Host"]) == ("/cb", {"from": "hub"}, f"127.0.0.1:{server.port}")
    assert refused(callback(), address=at(server.url, "other")) == ("http_401", True)
    assert refused(callback(), address=at(server.url, None)) == ("no_secret", False)


def test_a_host_is_looked_up_once_and_called_by_the_number_that_was_checked(stand_in):
    server = stand_in(receiver(HOOK))
    answers = [["127.0.0.1"], ["169.254.169.254"]]  # what a hostile name server says the second time
    channel = callback(resolve=lambda host, port: answers.pop(0))
    channel.send(at(f"http://counter.gov.cn:{server.port}/cb"), message(), NOW)
    assert server.asked[0][2]["Host"] == f"counter.gov.cn:{server.port}"
    assert len(answers) == 1


def test_this_machine_and_metadata_are_not_called(stand_in):
    server = stand_in(lambda *_: (200, {}, b""))
    assert refused(callback(allow_loopback=False), address=at(server.url)) == ("host_forbidden", False)
    for url in ("http://169.254.169.254/latest/meta-data/", "http://[fe80::1]/", "http://100.100.100.200/", "http://0.0.0.0/"):  # fmt: skip
        assert refused(callback(), address=at(url)) == ("host_forbidden", False)
    assert refused(callback(allow_hosts=(".gov.cn",)), address=at(server.url)) == ("host_not_allowed", False)
    assert server.asked == []


def test_callbacks_use_no_proxy_and_follow_nothing(stand_in, monkeypatch):
    proxy = stand_in(lambda *_: (200, {}, b""))
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    elsewhere = stand_in(lambda *_: (200, {}, b""))
    server = stand_in(lambda *_: (302, {"Location": elsewhere.url}, b""))
    assert refused(callback(), address=at(server.url)) == ("http_302", True)
    assert (proxy.asked, elsewhere.asked) == ([], [])


# --- certificates -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for ``counter.gov.cn`` and 127.0.0.1, which is its own authority; and its file."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "counter.gov.cn")])
    names = [x509.DNSName("counter.gov.cn"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2120, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = folder / "ca.pem"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, folder / "key.pem")
    return context, str(public)


def test_certificates_are_checked_by_name_though_a_number_is_called(stand_in, certificate):
    context, ca_file = certificate
    server = stand_in(receiver(HOOK), tls=context)

    def tried(host, ca_file):
        channel = callback(ca_file=ca_file, resolve=lambda host, port: ["127.0.0.1"])
        return channel, at(f"https://{host}:{server.port}/cb")

    channel, address = tried("counter.gov.cn", ca_file)
    channel.send(address, message(), NOW)
    for host, trusted in (("counter.gov.cn", None), ("other.gov.cn", ca_file)):
        channel, address = tried(host, trusted)
        assert refused(channel, address=address) == ("unreachable", True)
    assert len(server.asked) == 1
    Webhook(f"{server.url}/in", HOOK, timeout=5, ca_file=ca_file).send(address, message(), NOW)
    assert refused(Webhook(server.url, HOOK, timeout=5, ca_file="/nowhere.pem")) == ("no_certificates", True)


# --- mail -------------------------------------------------------------------------------------------------------------


class Post:
    """What a mail server took, and what it says to whom."""

    def __init__(self):
        self.taken = []
        self.replies = {}

    async def handle_RCPT(self, server, session, envelope, address, options):
        reply = self.replies.get(address, "250 OK")
        if reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, server, session, envelope):
        self.taken.append((session.ssl is not None, envelope))
        return "250 taken"


@pytest.fixture
def mail_server():
    running = []

    def start(**options):
        post = Post()
        controller = Controller(post, hostname="127.0.0.1", port=free_port(), **options)
        controller.start()
        running.append(controller)
        return post, controller.port

    yield start
    for one in running:
        one.stop()


def smtp(port, *, password=None, **more):
    facts = {
        "id": "mail",
        "kind": "smtp",
        "host": "127.0.0.1",
        "port": port,
        "tls": "none",
        "from": "hub@gov.cn",
        **more,
    }
    if password is not None:
        facts |= {"user": "hub", "secret": "${MAIL}"}
    return Smtp(SmtpChannel.model_validate(facts), password)


LI = Address("smtp", "li@gov.cn", "李四")


def test_a_mail_says_it_in_both_languages_and_forbids_automatic_answers(mail_server):
    post, port = mail_server()
    smtp(port).send(LI, message(), NOW)
    ((_, envelope),) = post.taken
    assert (envelope.mail_from, envelope.rcpt_tos) == ("hub@gov.cn", ["li@gov.cn"])
    mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
    assert mail["Subject"] == "工单 T-1 已分派 Ticket T-1 routed"
    assert (mail["Auto-Submitted"], mail["Message-ID"]) == ("auto-generated", "<D7@gov.cn>")
    assert mail["Date"].datetime == NOW
    body = mail.get_content()
    assert body.index("请于") < body.index("Due on")


def test_a_subject_cannot_smuggle_a_header(mail_server):
    post, port = mail_server()
    smtp(port).send(LI, message(notice(subject_zh="甲\r\nBcc: x@evil.example")), NOW)
    ((_, envelope),) = post.taken
    assert envelope.rcpt_tos == ["li@gov.cn"]
    assert b"\nBcc:" not in envelope.content
    for target in ("li@gov.cn\r\nBcc: x@evil.example", "a@gov.cn, b@gov.cn", "李@gov.cn"):
        kind, retry = refused(smtp(port), address=Address("smtp", target, "李四"))
        assert (kind, retry) == ("address_not_an_address", False)


def test_starttls_and_login_before_anything_is_said(mail_server, certificate):
    context, ca_file = certificate

    def authenticate(server, session, envelope, mechanism, data):
        known = (data.login, data.password) == (b"hub", b"right")
        return AuthResult(success=known, handled=known)

    post, port = mail_server(tls_context=context, require_starttls=True, authenticator=authenticate, auth_required=True)
    smtp(port, tls="starttls", ca_file=ca_file, password="right").send(LI, message(), NOW)
    assert [protected for protected, _ in post.taken] == [True]
    assert refused(smtp(port, tls="starttls", ca_file=ca_file, password="wrong")) == ("login_refused", True)
    assert refused(smtp(port, tls="starttls", password="right")) == ("unreachable", True), "not a certificate we trust"
    assert len(post.taken) == 1


def test_a_server_without_starttls_gets_nothing(mail_server, certificate):
    post, port = mail_server()
    assert refused(smtp(port, tls="starttls", ca_file=certificate[1])) == ("unreachable", True)
    assert post.taken == []


def test_mail_over_tls_from_the_start(mail_server, certificate):
    context, ca_file = certificate
    post, port = mail_server(ssl_context=context)
    smtp(port, tls="ssl", ca_file=ca_file).send(LI, message(), NOW)
    assert len(post.taken) == 1


def test_a_full_mailbox_may_be_emptied_an_unknown_one_not(mail_server):
    post, port = mail_server()
    post.replies = {"li@gov.cn": "452 mailbox full", "no@gov.cn": "550 no such user"}
    assert refused(smtp(port), address=LI) == ("recipient_refused_452", True)
    assert refused(smtp(port), address=Address("smtp", "no@gov.cn", "")) == ("recipient_refused_550", False)


def test_no_mail_server_and_a_silent_one():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        assert refused(smtp(port, timeout_seconds=0.2), address=LI) == ("unreachable", True)
    assert refused(smtp(port), address=LI) == ("unreachable", True)


def test_the_largest_answer_that_is_read_is_small(stand_in):
    server = stand_in(lambda *_: (200, {}, b"x" * (1 << 20)))
    assert len(posting.post(posting.Post(server.url, b"{}"))) == posting.LARGEST
