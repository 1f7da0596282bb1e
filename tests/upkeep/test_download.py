"""Promise: a download is what the institution publishes, whole, or one clear error that names the
source and the address; no secret is told.

Every fault comes from a real HTTPS server on this machine.
"""

import contextlib
import datetime
import gzip
import html
import io
import json
import logging
import re
import socket
import struct
import sys
import threading
import time
import types
import urllib.parse
import zipfile

import openpyxl
import pytest
import yaml
from institution import certificates, running, server  # noqa: F401
from werkzeug import Response

from ledger.core.sources import formats, registry
from ledger.upkeep import download, http_session, manual_files, store

CSV = "Date,Price\n2024-06-30,80.53\n2025-06-30,69.1\n"
KEY = "s3cret-of-the-author"


def source(address, *hosts, **more):
    entry = {
        "name": "an-institution",
        "label": "An Institution",
        "institution": "An Institution",
        "how": "automatic",
        "format": "CSV",
        "published": "yearly",
        "terms": "free",
        "module": "none",
        "tables": {},
        "max_mb": 1,
    }
    return registry.Source(
        **entry | {"address": address, "hosts": hosts or (address.split("/")[2],)} | more
    )


def got(server, tmp_path, answer=None, *, kind="csv", say=lambda *_: None, **more):
    """Return the bytes of a file as it was downloaded from `server`, which gives `answer`."""
    if answer is not None:
        server.expect_request("/file").respond_with_response(answer)
    return download.Downloader(source(server.url_for("/"), **more), tmp_path, say)(
        "file", "file", kind=kind
    ).read_bytes()


def refused(server, tmp_path, answer=None, **more):
    """Return the message of the error that a download ends with; no file may be left behind."""
    with pytest.raises(registry.FetchError) as caught:
        got(server, tmp_path, answer, **more)
    said = str(caught.value)
    assert said.startswith(f"source an-institution, {server.url_for('/file')}"), said
    assert "\n  " in said, f"the error does not say what to do: {said}"
    assert not list(tmp_path.iterdir()), list(tmp_path.iterdir())
    return said


@contextlib.contextmanager
def raw(context, *conversations):
    """Yield the address of a server that gives each of `conversations` one connection, in turn.

    Each is a function of the connection; the last has all that follow.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def serve():
        number = 0
        while not stop.is_set():
            try:
                plain, _ = listener.accept()
                with context.wrap_socket(plain, server_side=True) as connection:
                    connection.settimeout(10)
                    while b"\r\n\r\n" not in connection.recv(65536):
                        pass
                    conversations[min(number, len(conversations) - 1)](connection)
                    number += 1
            except OSError:
                pass

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"https://localhost:{listener.getsockname()[1]}/"
    finally:
        stop.set()
        listener.close()


class At:
    """Stands for a server of pytest-httpserver where the server is a raw one."""

    def __init__(self, address):
        self.address = address

    def url_for(self, path):
        return self.address + path.lstrip("/")


def sends(head, body=b""):
    return lambda connection: connection.sendall(
        f"HTTP/1.1 {head}\r\nConnection: close\r\n\r\n".encode() + body
    )


DAMAGED = ("", "null", "[]", '{"files": []}', '{"files": {"file": 3}}', '{"files": {"file": {}}}')


def test_a_record_of_another_form_counts_as_none(server, tmp_path):
    for content in DAMAGED:
        got(server, tmp_path, Response(CSV))
        (tmp_path / "fetched.json").write_text(content, encoding="utf-8")
        assert store.manifest(tmp_path) == {}
        assert got(server, tmp_path) == CSV.encode()
    assert len(server.log) == 1 + len(DAMAGED)


def test_what_a_server_says_moves_no_terminal(certificates, server, tmp_path):  # noqa: F811
    context = certificates[0]
    with raw(context, sends("404 \x1b]0;owned\x07\x1b[2J gone", b"")) as address:
        said = refused(At(address), tmp_path)
    assert "404" in said and "gone" in said
    assert all(sign.isprintable() or sign == "\n" for sign in said)


# --- what works -----------------------------------------------------------------------------------


def test_a_file_arrives_with_a_record_of_where_from_and_is_not_asked_for_twice(server, tmp_path):
    assert got(server, tmp_path, Response(CSV)) == CSV.encode()
    (entry,) = json.loads((tmp_path / "fetched.json").read_text())["files"].values()
    assert (
        entry["address"] == server.url_for("/file")
        and entry["bytes"] == len(CSV)
        and entry["sha256"] == store.sha256(tmp_path / "file")
    )
    assert got(server, tmp_path) == CSV.encode() and len(server.log) == 1


def test_a_file_that_was_spoiled_since_is_asked_for_again(server, tmp_path):
    got(server, tmp_path, Response(CSV))
    (tmp_path / "file").write_text("Date,Price\n")
    assert got(server, tmp_path) == CSV.encode() and len(server.log) == 2


def test_compressed_answers_and_byte_order_marks(server, tmp_path):
    assert (
        got(
            server,
            tmp_path / "a",
            Response(gzip.compress(CSV.encode()), headers={"Content-Encoding": "gzip"}),
        )
        == CSV.encode()
    )
    server.clear()
    got(server, tmp_path / "b", Response(b"\xef\xbb\xbf" + CSV.encode()))
    assert list(
        formats.read_csv(tmp_path / "b" / "file", ["Date", "Price"], numbers=["Price"])["Price"]
    ) == [80.53, 69.1]
    server.clear()
    got(server, tmp_path / "c", Response(b'\xef\xbb\xbf{"a": 1}'), kind="json")


def test_a_redirect_to_a_listed_host_is_followed_and_the_key_does_not_go_along(
    server, tmp_path, certificates, monkeypatch
):
    monkeypatch.setenv("AN_INSTITUTION_KEY", KEY)
    heard = []

    def answer(connection):
        connection.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"
            % (len(CSV), CSV.encode())
        )

    def serve(request):
        heard.append(dict(request.headers))
        return Response("", 302, {"Location": elsewhere + "stored?signature=x"})

    second = []
    with raw(
        certificates[0], lambda connection: (second.append(1), answer(connection))
    ) as elsewhere:
        server.expect_request("/file").respond_with_handler(serve)
        secret = {
            "variable": "AN_INSTITUTION_KEY",
            "header": "X-Key",
            "required": True,
            "page": "https://example.org",
        }
        hosts = (server.url_for("/").split("/")[2], elsewhere.split("/")[2])
        one = source(server.url_for("/"), *hosts, api_key_spec=secret)
        assert download.Downloader(one, tmp_path)("file", "file", kind="csv").read_text() == CSV
    assert heard[0]["X-Key"] == KEY and second == [1]


def test_the_key_stays_with_the_institution(server, tmp_path, monkeypatch):
    """The second host is the same server by its number, so that it can say what it was sent."""
    monkeypatch.setenv("AN_INSTITUTION_KEY", KEY)
    sent = []
    server.expect_request("/file").respond_with_handler(
        lambda request: (
            sent.append(("asked", request.headers.get("X-Key")))
            or Response("", 307, {"Location": server.url_for("/moved")})
        )
    )
    server.expect_request("/moved").respond_with_handler(
        lambda request: sent.append(("moved", request.headers.get("X-Key"))) or Response(CSV)
    )
    here = server.url_for("/").split("/")[2]
    one = source(
        "https://LOCALHOST:" + here.split(":")[1] + "/",
        here,
        here.replace("localhost", "LOCALHOST"),
        api_key_spec={
            "variable": "AN_INSTITUTION_KEY",
            "header": "X-Key",
            "required": True,
            "page": "https://example.org",
        },
    )
    download.Downloader(one, tmp_path)(
        "file", server.url_for("/file").replace("localhost", "LOCALHOST"), kind="csv"
    )
    assert sent[-1] == ("moved", None), sent


def test_words_of_an_institution_are_no_markup_of_ours(server, tmp_path, monkeypatch):
    """What a connector says of the edition is printed, and may hold words of an answer."""
    connected(
        monkeypatch,
        lambda get, pair: (
            get("file", "file", kind="csv") and "<script>alert(1)</script> of `July` 2026 (final)"
        ),
    )
    server.expect_request("/file").respond_with_data(CSV)
    assert (
        download.download(
            source(server.url_for("/"), module="connector"),
            ("XAR", "XBE"),
            tmp_path,
            lambda *_: None,
        )
        == "scriptalert(1)/script of July 2026 (final)"
    )


# --- faults of servers and networks ---------------------------------------------------------------


def test_404(server, tmp_path):
    said = refused(server, tmp_path, Response("gone", 404))
    assert (
        "404" in said
        and "there is no such file" in said
        and "data/sources.yml" in said
        and len(server.log) == 1
    )


def test_429_waits_as_long_as_it_is_asked_to(server, tmp_path):
    server.expect_ordered_request("/file").respond_with_response(
        Response("", 429, {"Retry-After": "1"})
    )
    server.expect_ordered_request("/file").respond_with_data(CSV)
    told, began = [], time.monotonic()
    assert got(server, tmp_path, say=told.append) == CSV.encode()
    assert (
        time.monotonic() - began >= 1
        and "trying again in 1 s (try 2 of 5)" in told[0]
        and "429" in told[0]
    )


def test_429_that_asks_for_an_hour_is_not_waited_for(server, tmp_path):
    said = refused(server, tmp_path, Response("", 429, {"Retry-After": "3600"}))
    assert (
        "asks to wait 3600 seconds" in said
        and "what was downloaded is kept" in said
        and len(server.log) == 1
    )


def test_a_retry_after_may_be_a_date():
    assert (
        50
        < http_session.retry_after(
            time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 60))
        )
        <= 60
    )
    assert http_session.retry_after("soon") == 0


def test_500_then_200(server, tmp_path):
    for status in (500, 503):
        server.expect_ordered_request("/file").respond_with_data("", status)
    server.expect_ordered_request("/file").respond_with_data(CSV)
    assert got(server, tmp_path) == CSV.encode()


def test_500_for_good(server, tmp_path):
    said = refused(server, tmp_path, Response("", 500))
    assert "500" in said and "Try again later" in said and len(server.log) == download.MAX_TRIES


def test_a_server_that_falls_silent(certificates, server, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "READ_TIMEOUT", 0.3)
    monkeypatch.setattr(download, "MAX_TRIES", 2)
    silent = threading.Event()

    def half(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nDate,Price\n")
        silent.wait(0.8)

    with raw(certificates[0], half) as address:
        said = refused(At(address), tmp_path)
        silent.set()
    assert "timed out" in said.lower() and "Try again later" in said


def test_a_server_that_drips_for_hours(certificates, server, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "FILE_TIMEOUT", 0.5)

    def drip(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(100):
            connection.sendall(b"1,2\n")
            time.sleep(0.05)

    with raw(certificates[0], drip) as address:
        assert "was not there after 0.5 seconds" in refused(At(address), tmp_path)


def test_a_connection_that_is_reset_in_the_middle_of_the_body(certificates, server, tmp_path):
    def reset(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nDate,Price\n2024-")
        time.sleep(0.05)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        socket.socket(fileno=connection.detach()).close()

    with raw(certificates[0], reset) as address:
        assert "the connection failed" in refused(At(address), tmp_path)
    whole = sends(f"200 OK\r\nContent-Length: {len(CSV)}", CSV.encode())
    with raw(certificates[0], reset, reset, whole) as address:  # it comes back
        assert got(At(address), tmp_path) == CSV.encode()


def test_a_proxy_that_does_not_run_and_a_host_without_a_name_are_told(tmp_path, monkeypatch):
    monkeypatch.setattr(download, "MAX_TRIES", 1)
    nowhere = At("https://nowhere.invalid/")
    assert "finds hosts by their names" in refused(nowhere, tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    monkeypatch.setenv("HTTPS_PROXY", f"http://me:secret@127.0.0.1:{port}")
    said = refused(nowhere, tmp_path)
    assert f"through the proxy http://…@127.0.0.1:{port} of" in said and "secret" not in said


@pytest.mark.parametrize(
    "name, value, says",
    [
        ("REQUESTS_CA_BUNDLE", "/nowhere.pem", "there is no such file"),
        ("HTTPS_PROXY", "nonsense://x", "must be http://host:port"),
        ("http_proxy", "http://me:secret@host:port", "'http://…@host:port'"),
    ],
)
def test_a_setting_with_which_nothing_can_be_had_is_named(tmp_path, monkeypatch, name, value, says):
    monkeypatch.setenv(name, value)
    with pytest.raises(registry.FetchError, match=f"{name} is ") as caught:
        got(At("https://nowhere.invalid/"), tmp_path)
    assert says in str(caught.value) and "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "proxy", ["http://host:3128", "host:3128", "socks5h://me:secret@host", "http://10.0.0.1/"]
)
def test_a_proxy_may_have_any_form_that_requests_takes(monkeypatch, proxy):
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    assert http_session.setting_fault() == ""


def test_nobody_answers(server, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "MAX_TRIES", 2)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert "the connection failed" in refused(At(f"https://localhost:{port}/"), tmp_path)


@pytest.mark.parametrize("cut", [20, -8, -1])  # within the data, before and within the check sum
def test_a_truncated_gzip(server, tmp_path, cut):
    body = gzip.compress((CSV * 50).encode())[:cut]
    said = refused(server, tmp_path, Response(body, headers={"Content-Encoding": "gzip"}))
    assert (
        "compressed answer is cut short or damaged" in said
        and len(server.log) == download.MAX_TRIES
    )


def test_an_encoding_that_was_not_asked_for(server, tmp_path):
    assert "encoded as 'br'" in refused(
        server, tmp_path, Response(b"xx", headers={"Content-Encoding": "br"})
    )


def test_a_content_length_that_is_too_long_or_too_short(certificates, server, tmp_path):
    with raw(
        certificates[0], sends(f"200 OK\r\nContent-Length: {len(CSV) + 100}", CSV.encode())
    ) as address:
        assert "the connection failed" in refused(
            At(address), tmp_path
        ) and "IncompleteRead" in refused(At(address), tmp_path)
    with raw(
        certificates[0], sends(f"200 OK\r\nContent-Length: {len(CSV) - 5}", CSV.encode())
    ) as address:
        assert "cut short" in refused(At(address), tmp_path)
    with raw(
        certificates[0], sends("200 OK", CSV.encode()[:-5])
    ) as address:  # none at all, and the line goes dead
        assert "cut short" in refused(At(address), tmp_path)
    broken = json.dumps({"data": list(range(100))}).encode()
    with raw(certificates[0], sends("200 OK", broken[:-5])) as address:
        assert "not JSON, or cut short" in refused(At(address), tmp_path, kind="json")


@pytest.mark.parametrize("kind", ["csv", "json", "xlsx", "zip", "dta"])
def test_a_web_page_with_status_200(server, tmp_path, kind):
    page = (
        b"\n<!DOCTYPE html>\n<html><head><title>Just a\n moment...</title></head>"
        b"<body>Checking your browser</body></html>\n"
    )
    said = refused(
        server, tmp_path, Response(page, headers={"Content-Type": "text/csv"}), kind=kind
    )
    assert f"a web page, not {kind}, titled 'Just a moment...'" in said


@pytest.mark.parametrize(
    "kind, body, says",
    [
        ("csv", b"", "is empty"),
        ("csv", b"\xef\xbb\xbf", "is empty"),
        ("csv", b'{"error": "x"}\n', "is not CSV"),
        ("json", b"a,b\n1,2\n", "not JSON"),
        ("xlsx", CSV.encode(), "damaged"),
        ("dta", CSV.encode(), "not a Stata file"),
    ],
)
def test_an_answer_of_another_kind(server, tmp_path, kind, body, says):
    assert says in refused(server, tmp_path, Response(body), kind=kind)


# --- security -------------------------------------------------------------------------------------


def test_a_redirect_to_a_host_that_is_not_listed(server, tmp_path, certificates):
    asked = []
    with raw(certificates[0], lambda connection: asked.append(1)) as elsewhere:
        said = refused(server, tmp_path, Response("", 302, {"Location": elsewhere}))
    assert elsewhere.rstrip("/") in said and "none of the hosts listed" in said and not asked


@pytest.mark.parametrize(
    "to",
    [
        "http://localhost/file",
        "ftp://localhost/file",
        "file:///etc/hostname",
        "https://user:word@localhost/file",
        "https://localhost.evil.example/",
    ],
)
def test_a_redirect_to_what_is_not_allowed(server, tmp_path, to):
    said = refused(server, tmp_path, Response("", 302, {"Location": to}))
    assert ("not https" in said or "none of the hosts listed" in said) and len(server.log) == 1


def test_redirects_without_end(server, tmp_path):
    assert "more than 5 redirects" in refused(
        server, tmp_path, Response("", 302, {"Location": server.url_for("/file")})
    )


def test_only_https(server, tmp_path):
    with pytest.raises(registry.FetchError, match="not https"):
        download.Downloader(source("http://localhost:1/", "localhost:1"), tmp_path)(
            "file", "file", kind="csv"
        )


def test_a_certificate_nobody_vouches_for(certificates, server, tmp_path):
    with raw(certificates[2], sends("200 OK", CSV.encode())) as address:
        said = refused(At(address), tmp_path)
    assert "the certificate of localhost" in said and "never switch the check off" in said


def test_a_certificate_of_another_name(certificates, server, tmp_path):
    with raw(certificates[0], sends("200 OK", CSV.encode())) as address:
        here = address.replace("localhost", "127.0.0.1")
        assert "certificate of 127.0.0.1" in refused(At(here), tmp_path)


def zipped(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def linked():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        link = zipfile.ZipInfo("data.csv")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    return out.getvalue()


@pytest.mark.parametrize(
    "body, says",
    [
        (
            zipped({"data.csv": CSV, "../../.bashrc": "x"}),
            "leads out of its folder: '../../.bashrc'",
        ),
        (zipped({"..\\x.csv": CSV}), "leads out of its folder"),
        (zipped({"/etc/x.csv": CSV}), "leads out of its folder"),
        (zipped({"C:x.csv": CSV}), "leads out of its folder"),
        (linked(), "holds a link"),
        (zipped({"data.csv": CSV})[:-30], "damaged or cut short"),
        # made when they are asked for: each process of tests would take a second for them to begin
        (lambda: zipped({f"{i}.csv": "" for i in range(10_001)}), "10,001 files"),
        (lambda: zipped({"data.csv": bytes(30_000_000)}), "unpacks to 30 MB"),
    ],
)
def test_an_archive_that_is_not_safe(server, tmp_path, body, says):
    body = body if isinstance(body, bytes) else body()
    said = refused(server, tmp_path, Response(body), kind="zip", max_mb=1)
    assert says in said and not list(tmp_path.parent.rglob(".bashrc"))


def test_a_zip_bomb_among_large_files(server, tmp_path):
    assert "a zip bomb" in refused(
        server, tmp_path, Response(zipped({"data.csv": bytes(60_000_000)})), kind="zip", max_mb=100
    )


def test_two_gigabytes_are_not_read(certificates, server, tmp_path):
    """Whether the server says so beforehand or not."""
    sent = []

    def without_end(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        piece = b"10000\r\n" + b"1,2\n" * 0x4000 + b"\r\n"
        for _ in range(2_000_000_000 // 0x10000):
            connection.sendall(piece)
            sent.append(len(piece))

    with raw(certificates[0], sends("200 OK\r\nContent-Length: 2000000000", b"a,b\n")) as address:
        assert "larger than the 1 MB that data/sources.yml allows" in refused(At(address), tmp_path)
    with raw(certificates[0], without_end) as address:
        assert "larger than the 1 MB that data/sources.yml allows" in refused(At(address), tmp_path)
    assert sum(sent) < 20_000_000, "the connection was not given up"


def test_a_small_answer_that_unpacks_to_much(server, tmp_path):
    body = gzip.compress(bytes(100_000_000))
    assert len(body) < 200_000
    assert "larger than the 1 MB" in refused(
        server, tmp_path, Response(body, headers={"Content-Encoding": "gzip"})
    )


def workbook(**cells):
    book = openpyxl.Workbook()
    for cell, value in cells.items():
        book.active[cell] = value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_workbook_with_formulas_gives_their_stored_values_or_an_error(server, tmp_path):
    body = workbook(
        A1="Year", B1=1, B2="=1+1"
    )  # as written by a program: nothing is stored for the formula
    got(server, tmp_path, Response(body), kind="xlsx")
    (tmp_path / "file").rename(tmp_path / "file.xlsx")
    with pytest.raises(
        ValueError, match="file.xlsx, sheet1.xml, cell B2: a formula without a value"
    ):
        formats.open_workbook(tmp_path / "file.xlsx")
    for changed in (
        lambda part: (
            part.replace(b"<f>", b"<x:f>")
            .replace(b"</f>", b"</x:f>")
            .replace(b"<c ", b"<x:c ")
            .replace(b"</c>", b"</x:c>")
            .replace(b"<v", b"<x:v")
            .replace(b"</v>", b"</x:v>")
            .replace(
                b"<worksheet xmlns=",
                b"<worksheet xmlns:x=%s xmlns=" % re.search(rb'xmlns=("[^"]+")', part)[1],
            )
        ),
        lambda part: part.decode().encode("utf-16"),
    ):
        with (
            zipfile.ZipFile(io.BytesIO(body)) as before,
            zipfile.ZipFile(tmp_path / "other.xlsx", "w") as after,
        ):  # as other programs write it
            for name in before.namelist():
                after.writestr(
                    name,
                    changed(before.read(name))
                    if name == "xl/worksheets/sheet1.xml"
                    else before.read(name),
                )
        with pytest.raises(
            ValueError, match="other.xlsx, sheet1.xml, cell B2: a formula without a value"
        ):
            formats.open_workbook(tmp_path / "other.xlsx")
    kept = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as before, zipfile.ZipFile(kept, "w") as after:
        for name in before.namelist():
            after.writestr(
                name,
                before.read(name)
                .replace(b"<f>1+1</f><v />", b"<f>1+1</f><v>41</v>")
                .replace(b"<f>1+1</f><v></v>", b"<f>1+1</f><v>41</v>"),
            )
    (tmp_path / "kept.xlsx").write_bytes(kept.getvalue())
    book = formats.open_workbook(tmp_path / "kept.xlsx")
    assert (
        book.worksheets[0]["B2"].value == 41
    )  # what the file says, not what the formula would give
    book.close()


def test_a_workbook_that_is_a_zip_bomb_or_expands_entities(server, tmp_path):
    body = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook(A1=1))) as before,
        zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for name in before.namelist():
            after.writestr(name, before.read(name))
        after.writestr("xl/worksheets/sheet2.xml", b" " * 60_000_000)
    assert "zip bomb" in refused(
        server, tmp_path, Response(body.getvalue()), kind="xlsx", max_mb=100
    )
    bomb = (
        '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "'
        + "a" * 100
        + '">'
        + "".join(f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(8))
        + "]><worksheet xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'>"
        + "<f/>&i;</worksheet>"
    )
    with (
        zipfile.ZipFile(io.BytesIO(workbook(A1=1))) as before,
        zipfile.ZipFile(tmp_path / "laughs.xlsx", "w") as after,
    ):
        for name in before.namelist():
            after.writestr(name, bomb if name == "xl/worksheets/sheet1.xml" else before.read(name))
    with pytest.raises(ValueError, match="laughs.xlsx"):
        formats.open_workbook(tmp_path / "laughs.xlsx")


def secret(**more):
    return {
        "variable": "AN_INSTITUTION_KEY",
        "header": "X-Key",
        "required": True,
        "page": "https://example.org/keys",
    } | more


def test_a_key_that_is_missing_is_asked_for_before_anything_is_sent(server, tmp_path, monkeypatch):
    monkeypatch.delenv("AN_INSTITUTION_KEY", raising=False)
    with pytest.raises(
        registry.FetchError,
        match="the environment has no AN_INSTITUTION_KEY\n.*https://example.org/keys",
    ):
        got(server, tmp_path, Response(CSV), api_key_spec=secret())
    assert not server.log
    assert got(server, tmp_path, api_key_spec=secret(required=False)) == CSV.encode()


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 302, 418])
def test_no_message_and_no_log_holds_the_key(server, tmp_path, monkeypatch, caplog, capsys, status):
    """Not even when the server repeats it, in its reason, its body and its redirects."""
    monkeypatch.setenv("AN_INSTITUTION_KEY", KEY)
    caplog.set_level(logging.DEBUG)
    asked = []

    def echo(request):
        asked.append(request.headers["X-Key"])
        return Response(
            f"bad key {KEY}",
            f"{status} BAD {KEY}",
            {"Location": f"https://elsewhere.example/?key={KEY}"} if status == 302 else {},
        )

    server.expect_request("/file").respond_with_handler(echo)
    told = []
    said = refused(server, tmp_path, api_key_spec=secret(), say=told.append)
    assert asked and set(asked) == {KEY}
    heard = (
        said
        + "".join(told)
        + "".join(
            str(record.getMessage()) + str(record.args)
            for record in caplog.records
            if record.name.partition(".")[0] in ("urllib3", "requests", "ledger")
        )
        + "".join(capsys.readouterr())
    )
    assert KEY not in heard
    if status in (401, 403):
        assert "AN_INSTITUTION_KEY is refused" in said


@pytest.mark.parametrize("key", ["two\nlines-of-a-key", "a key with blanks", "ключ-автора"])
def test_what_cannot_be_a_key_is_refused_without_being_shown(server, tmp_path, monkeypatch, key):
    monkeypatch.setenv("AN_INSTITUTION_KEY", key)
    with pytest.raises(
        registry.FetchError, match="AN_INSTITUTION_KEY in the environment cannot be a key"
    ) as caught:
        got(server, tmp_path, Response(CSV), api_key_spec=secret())
    assert (
        not any(part in str(caught.value) for part in (key, repr(key)[1:-1], key[:10]))
        and not server.log
    )


def test_a_key_is_hidden_however_it_is_quoted_or_cut(server, tmp_path, monkeypatch):
    key = 's3cret"of<the&author'
    monkeypatch.setenv("AN_INSTITUTION_KEY", key)
    page = f"<html><title>{'x' * 62} {key}</title>".encode()
    said = refused(server, tmp_path, Response(page), api_key_spec=secret())
    assert "s3cret" not in said and "***" in said
    one = source("https://example.org/", api_key_spec=secret())
    for text in (
        key,
        json.dumps(key),
        html.escape(key),
        urllib.parse.quote(key),
        repr(key),
        key[:12],
    ):
        assert "s3cret" not in one.redact(f"it says {text}"), text


@pytest.mark.parametrize(
    "answer, says",
    [
        (Response("", 429, {"Retry-After": "Wed, 21 Oct 99999999999 07:28:00 GMT"}), "429"),
        (Response(b"[" * 200_000), "not JSON, or cut short"),
    ],
)
def test_answers_that_make_no_sense_are_one_error_too(server, tmp_path, answer, says):
    assert says in refused(server, tmp_path, answer, kind="json")


def test_headers_that_make_no_sense_are_one_error_too(certificates, server, tmp_path):
    with raw(certificates[0], sends("302 Found\r\nLocation: https://[bad/")) as address:
        assert "cannot be followed" in refused(At(address), tmp_path)
    with raw(certificates[0], sends("200 OK\r\nContent-Length: \xb2", CSV.encode())) as address:
        try:  # the HTTP library may take it for a length or not: a file or an error, nothing else
            assert got(At(address), tmp_path) == CSV.encode()
        except registry.FetchError:
            pass


def test_headers_without_end_are_given_up(certificates, server, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "FILE_TIMEOUT", 0.5)

    def drip(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        for number in range(100):
            connection.sendall(b"X-%d: 1\r\n" % number)
            time.sleep(0.05)

    began = time.monotonic()
    with raw(certificates[0], drip) as address:
        assert "was not there after 0.5 seconds" in refused(At(address), tmp_path)
    assert time.monotonic() - began < 3


def connected(monkeypatch, download):
    monkeypatch.setitem(sys.modules, "connector", types.SimpleNamespace(download=download))


def test_an_answer_that_a_connector_stumbles_over_is_not_kept(server, tmp_path, monkeypatch):
    connected(
        monkeypatch,
        lambda get, pair: json.loads(get("file", "file", kind="json").read_text())["year"],
    )
    one = source(server.url_for("/"), module="connector")
    server.expect_ordered_request("/file").respond_with_data("[1]")
    server.expect_ordered_request("/file").respond_with_data('{"year": "2025"}')
    with pytest.raises(
        registry.FetchError,
        match=f"source an-institution, {server.url_for('/file')}: "
        "the answer is not of the form that is known .TypeError",
    ):
        download.download(one, ("XAR", "XBE"), tmp_path, lambda *_: None)
    assert download.download(one, ("XAR", "XBE"), tmp_path, lambda *_: None) == "2025"


def test_files_of_a_run_that_asked_otherwise_do_not_stay(server, tmp_path, monkeypatch):
    """As when a key is set after a run without one was broken off."""
    one = source(server.url_for("/"), module="connector")
    server.expect_request("/file").respond_with_data(CSV)
    server.expect_request("/other").respond_with_data("", 404)
    connected(
        monkeypatch,
        lambda get, pair: get("a", "file", kind="csv") and get("b", "other", kind="csv"),
    )
    with pytest.raises(registry.FetchError, match="404"):
        download.download(one, ("XAR", "XBE"), tmp_path, lambda *_: None)
    connected(monkeypatch, lambda get, pair: get("c", "file", kind="csv") and "an edition")
    download.download(one, ("XAR", "XBE"), tmp_path, lambda *_: None)
    assert {path.name for path in (tmp_path / "an-institution").iterdir()} == {
        "c",
        "fetched.json",
    } and set(store.manifest(tmp_path / "an-institution")["files"]) == {"c"}


def test_the_files_of_a_source_are_bounded_together(server, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "MAX_TOTAL", 2)
    server.expect_request("/file").respond_with_data("a,b\n" * 200_000)
    get = download.Downloader(source(server.url_for("/")), tmp_path)
    get("1", "file", kind="csv"), get("2", "file", kind="csv")
    with pytest.raises(registry.FetchError, match="larger together than 2 times the 1 MB"):
        get("3", "file", kind="csv")


# --- what a person downloaded ---------------------------------------------------------------------


def by_hand(**files):
    return source("https://example.org/page", "example.org", how="manual", files=files)


def test_files_are_known_by_what_they_hold(tmp_path):
    one, two = tmp_path / "export (1).csv", tmp_path / "export (2).csv"
    one.write_text("Recipient,Supplier\na,b\n")
    two.write_text("SIPRI AT Database ID,Supplier\n1,b\n")
    wanted = by_hand(**{"register.csv": "SIPRI AT Database ID", "deals.csv": "Recipient,"})
    assert set(manual_files.import_files(wanted, [one, two], tmp_path / "store")) == {one, two}
    assert (tmp_path / "store/an-institution/register.csv").read_text() == two.read_text()
    with pytest.raises(registry.FetchError, match="it also needs deals.csv"):
        manual_files.import_files(wanted, [two], tmp_path / "store")
    assert (tmp_path / "store/an-institution/deals.csv").exists(), (
        "the download before was thrown away"
    )
    assert manual_files.import_files(
        by_hand(**{"x.csv": "no such header"}), [one], tmp_path / "other"
    ) == [] and not list((tmp_path / "other").iterdir())


def test_a_file_of_a_person_is_looked_into_too(tmp_path):
    page = tmp_path / "export.csv"
    page.write_text("<html><title>Log in</title></html>")
    with pytest.raises(registry.FetchError, match="export.csv: the answer is a web page"):
        manual_files.import_files(by_hand(**{"x.csv": "Log in"}), [page], tmp_path / "store")
    assert not (tmp_path / "store/an-institution").exists()


def test_an_archive_that_cannot_be_unpacked_is_named(tmp_path):
    archive = tmp_path / "download.zip"
    body = bytearray(zipped({"a.csv": "Recipient,Supplier\n" * 50}))
    body[40] ^= 255
    archive.write_bytes(bytes(body))
    with pytest.raises(registry.FetchError, match="download.zip: a.csv cannot be unpacked"):
        manual_files.import_files(
            by_hand(**{"deals.csv": "Recipient,"}), [archive], tmp_path / "store"
        )


def test_of_an_archive_each_file_counts_and_none_leaves_it(tmp_path):
    archive = tmp_path / "download.zip"
    archive.write_bytes(
        zipped(
            {
                "folder/a.csv": "Recipient,Supplier\na,b",
                "b.CSV": "SIPRI AT Database ID,Supplier\n1,b\n",
                "readme.txt": "x",
            }
        )
    )
    wanted = by_hand(**{"register.csv": "SIPRI AT Database ID", "deals.csv": "Recipient,"})
    assert set(manual_files.import_files(wanted, [archive], tmp_path / "store")) == {archive}
    assert {path.name for path in (tmp_path / "store/an-institution").iterdir()} == {
        "register.csv",
        "deals.csv",
        "fetched.json",
    }
    archive.write_bytes(
        zipped(
            {"../../climbed.csv": "Recipient,Supplier\na,b\n", "b.csv": "SIPRI AT Database ID\n"}
        )
    )
    with pytest.raises(
        registry.FetchError,
        match="download.zip: the archive holds a path that leads out of its folder",
    ):
        manual_files.import_files(wanted, [archive], tmp_path / "store")
    assert not list(tmp_path.rglob("climbed.csv")) and [
        path.name for path in (tmp_path / "store").iterdir()
    ] == ["an-institution"]


def test_the_next_edition_is_reckoned_from_what_is_held():
    one = source(
        "https://example.org/",
        tables={"output": "output"},
        months=12,
        next=datetime.date(2026, 7, 31),
    )

    def held(*retrieved):
        return {
            "resources": [
                {
                    "name": "output",
                    "sources": [
                        {"upstream": "an-institution", "retrieved": each} for each in retrieved
                    ],
                }
            ]
        }

    assert (
        one.due(held("2026-02-24"))
        == datetime.date(2026, 7, 31)
        == one.due(held("not stated"))
        == one.due(held("2026-12"))
    )
    assert one.due(held("2026-02-24", "2026-08-01")) == datetime.date(2027, 7, 28) and one.due(
        held("2028-01-01")
    ) == datetime.date(2028, 7, 28)
    assert (
        source("https://example.org/", tables={"output": "output"}).due(held("2026-08-01")) is None
    )


# --- data/sources.yml -----------------------------------------------------------------------------


@pytest.mark.parametrize("change, says", [
    ("how: sometimes", "how is 'sometimes', and must be one of: automatic, "),
    ("adress: https://x.org/", "adress is an unknown key. Did you mean 'address'?"),
    ("how: automatic", "needs an address"),
    ("how: manual", "needs files"),
])  # fmt: skip
def test_a_fault_of_sources_yml_is_named(tmp_path, change, says):
    path = tmp_path / "data/sources.yml"
    path.parent.mkdir()
    entry = {"label": "X", "institution": "X", "how": "closed", "format": "CSV", "terms": "free"}
    entry |= {"published": "never", "module": "m", "tables": {}} | yaml.safe_load(change)
    path.write_text(yaml.safe_dump({"x": entry}), encoding="utf-8")
    with pytest.raises(ValueError, match=r"^data/sources\.yml:\d+: x: ") as caught:
        registry.sources(path)
    assert says in str(caught.value)
