"""An institution on this machine: a real HTTPS server, and sources that send downloads there.

Tests import `server` (a fixture, with `running` and `certificates` that it stands on) and `point`,
which returns an entry of data/sources.yml with its address changed to that server's. Everything
else is as in the book: https, the certificate checked, the host listed.
"""

import dataclasses
import os
import random
import ssl
import tempfile
from pathlib import Path

import pytest
import trustme
from pytest_httpserver import HTTPServer

from ledger.core import tables
from ledger.core.sources import registry
from ledger.upkeep import download, rebuild, revisions

ROOT = Path(__file__).resolve().parent.parent
UPSTREAM = Path(os.environ.get("LEDGER_UPSTREAM", ROOT.parent / "shared" / "upstream"))
needs_upstream = pytest.mark.upstream  # tests/conftest.py skips these where there are no files


@pytest.fixture(scope="session")
def certificates():
    """(context of localhost, path of the authority's certificate, context that nobody signed)."""
    authority, stranger = trustme.CA(), trustme.CA()
    context, unknown = (ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) for _ in range(2))
    authority.issue_cert("localhost").configure_cert(context)
    stranger.issue_cert("localhost").configure_cert(unknown)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "authority.pem")
        authority.cert_pem.write_to_path(path)
        yield context, path, unknown


@pytest.fixture(scope="session")
def running(certificates):
    with HTTPServer(host="localhost", port=0, ssl_context=certificates[0], threaded=True) as server:
        yield server


@pytest.fixture
def server(running, certificates, monkeypatch):
    """The server, which answers nothing yet."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificates[1]))
    monkeypatch.setattr(download, "FIRST_WAIT", 0.01)
    running.clear()
    return running


def point(name, server, **more):
    """Return entry `name` of data/sources.yml, sent to `server` without pauses, with `more`."""
    source = registry.sources()[name]
    return dataclasses.replace(
        source,
        **(
            {"address": server.url_for("/"), "hosts": (f"localhost:{server.port}",), "pause": 0}
            | more
        ),
    )


def check_each_row_has_one_connector(data):
    """Check that each row of `data` is one connector's, and that parts make up the same table."""
    known = registry.sources(data / "sources.yml")
    for resource in tables.descriptor(data)["resources"]:
        if resource["connectors"] == tables.MANUAL:
            continue
        by_connector = {}
        for source in known.values():
            if function := source.tables.get(resource["name"]):
                by_connector.setdefault((source.module, function), []).append(source)
        text = (data / resource["path"]).read_text(encoding="utf-8")
        rows = revisions.parse_rows(text)
        filters = [
            rebuild.row_filter(resource, sources, known) for sources in by_connector.values()
        ]
        for row in rows:
            assert sum(is_own(row) for is_own in filters) == 1, (resource["name"], row)
        random.Random(1).shuffle(rows)
        assert rebuild.format_rows(rows, resource) == text, resource["name"]
