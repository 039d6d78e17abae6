"""The site that robots fetch packages from: ranges, hostile addresses, and a link that drops every 50 kB."""

import asyncio
import contextlib
import datetime as dt
import ipaddress
import os
import ssl

import aiohttp
import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from collector.web import packages
from edge_agent.skills.errors import Unreachable
from edge_agent.skills.fetching import Fetching, Patience
from tests.package_repositories import APPID, Installation, package

DROP_BYTES = 50_000


@pytest.fixture
def installation(tmp_path):
    made = Installation(tmp_path / "repository")
    made.found()
    return made


@contextlib.asynccontextmanager
async def site(folder, context=None):
    runner = web.AppRunner(packages.application(folder), access_log=None)
    await runner.setup()
    place = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await place.start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def test_a_range_goes_on_where_the_file_was_cut_and_an_odd_one_gets_all_of_it(installation):
    one = installation.publish(1, b"x" * 5000)
    content = package(b"x" * 5000)
    address = f"/targets/{APPID}/{one.sha256}.1.opk"
    async with site(installation.path) as port, aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
        for headers, status, body in (
            ({}, 200, content),
            ({"Range": "bytes=4000-"}, 206, content[4000:]),
            ({"Range": "bytes=4000-", "If-Range": f'"{one.sha256[:16]}"'}, 206, content[4000:]),
            ({"Range": "bytes=4000-", "If-Range": '"another"'}, 200, content),
            ({"Range": "bytes=-5"}, 200, content),
            ({"Range": "bytes=0-3,7-9"}, 200, content),
            ({"Range": "bytes=99999-"}, 416, None),
        ):
            async with session.get(address, headers=headers) as answer:
                assert answer.status == status, headers
                if body is not None:
                    assert await answer.read() == body
        async with session.head(address) as answer:
            assert (answer.status, answer.content_length, answer.headers["ETag"]) == (
                200,
                len(content),
                f'"{one.sha256[:16]}"',
            )


async def test_nothing_beside_the_repository_can_be_read(installation):
    (installation.path / "metadata" / "secret.txt").write_text("secret")
    (installation.path / "secret.json").write_text("secret")
    async with site(installation.path) as port:
        for path in (
            "/metadata/secret.txt",
            "/metadata/..%2fsecret.json",
            "/metadata/%2e%2e/secret.json",
            "/targets/fleet/..%2f..%2fsecret.json",
            "/targets/..%2f/secret.json",
            "/lock",
            "/",
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            answer = await reader.read()
            writer.close()
            assert answer.startswith(b"HTTP/1.1 404"), path
            assert b"secret" not in answer


# --- a bad link ---------------------------------------------------------------------------------------------------


def _certificates(folder):
    """An authority, the site's certificate and a robot's. Returns their paths by name."""
    now = dt.datetime.now(dt.UTC)

    def made(name, issuer=None, issuer_key=None):
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer.subject if issuer else subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=2))
            .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        )
        if issuer:
            names = [x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        certificate = builder.sign(issuer_key or key, hashes.SHA256())
        (folder / f"{name}.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / f"{name}.key").write_bytes(private)
        return certificate, key

    authority, authority_key = made("authority")
    made("site", authority, authority_key)
    made("robot", authority, authority_key)
    return {path.name: path for path in folder.iterdir()}


@contextlib.asynccontextmanager
async def dropping(port):
    """A link in front of `port` that is cut after every 50 kB. Yields (its port, bytes that went through it)."""
    through = [0]

    async def carry(reader, writer, left):
        with contextlib.suppress(OSError):
            while left[0] > 0 and (data := await reader.read(min(4096, left[0]))):
                left[0] -= len(data)
                through[0] += len(data)
                writer.write(data)
                await writer.drain()
        writer.close()

    async def serve(reader, writer):
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        left = [DROP_BYTES]
        await asyncio.gather(carry(reader, far_writer, left), carry(far_reader, writer, left))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], through


async def _through_the_link(installation, tmp_path, body):
    one = installation.publish(1, body)
    (tmp_path / "tls").mkdir()
    files = _certificates(tmp_path / "tls")
    known = ssl.create_default_context(cafile=str(files["authority.pem"]))
    known.load_cert_chain(files["robot.pem"], files["robot.key"])
    context = packages.tls(files["site.pem"], files["site.key"], files["authority.pem"])
    path = tmp_path / "partial"
    async with site(installation.path, context) as far, dropping(far) as (port, through):
        fetching = Fetching(f"https://127.0.0.1:{port}", known, Patience(120.0))
        with path.open("w+b") as file:
            where = f"targets/{APPID}/{one.sha256}.1.opk"
            await asyncio.to_thread(fetching.resume, where, file.fileno(), one.length, one.sha256)
    return one, path.read_bytes(), fetching.body_bytes, through[0]


async def test_a_package_crosses_a_link_that_drops_every_50_kb_within_ten_percent_of_its_size(installation, tmp_path):
    body = os.urandom(2_000_000)
    one, arrived, body_bytes, wire_bytes = await _through_the_link(installation, tmp_path, body)
    assert arrived == package(body)
    assert body_bytes <= 1.01 * one.length
    assert wire_bytes <= 1.10 * one.length, wire_bytes / one.length


async def test_control_whole_tls_records_of_16_kb_waste_a_third(installation, tmp_path, monkeypatch):
    monkeypatch.setattr(packages, "PIECE_BYTES", 16_384)
    one, _, _, wire_bytes = await _through_the_link(installation, tmp_path, os.urandom(600_000))
    assert wire_bytes >= 1.4 * one.length


async def test_without_a_robots_certificate_there_is_no_answer(installation, tmp_path):
    (tmp_path / "tls").mkdir()
    files = _certificates(tmp_path / "tls")
    known = ssl.create_default_context(cafile=str(files["authority.pem"]))
    context = packages.tls(files["site.pem"], files["site.key"], files["authority.pem"])
    async with site(installation.path, context) as port:
        fetching = Fetching(f"https://127.0.0.1:{port}", known, Patience(5.0))
        with pytest.raises(Unreachable):
            await asyncio.to_thread(lambda: b"".join(fetching.small("metadata/timestamp.json", 10_000)))
        known.load_cert_chain(files["robot.pem"], files["robot.key"])
        assert await asyncio.to_thread(lambda: b"".join(fetching.small("metadata/timestamp.json", 10_000)))
