"""An institution on this machine: a real HTTPS server, and a data/sources.yml that sends the book's downloads there.

Tests import `server` (a fixture, with `running` and `certificates` that it stands on; an HTTPServer of pytest-httpserver with a certificate of its own) and `point`, which returns an
entry of data/sources.yml with its address changed to that server's. Everything else is as in the book: https, the certificate checked, the
host listed.
"""

import dataclasses
import os
import ssl
import tempfile
from pathlib import Path

import pytest
import trustme
from pytest_httpserver import HTTPServer

from ledger.core.sources import registry
from ledger.upkeep import download

ROOT = Path(__file__).resolve().parent.parent
UPSTREAM = Path(os.environ.get("LEDGER_UPSTREAM", ROOT.parent / "shared" / "upstream"))
needs_upstream = pytest.mark.skipif(
    not UPSTREAM.is_dir(),
    reason=f"the institutions' files are not at {UPSTREAM} (set LEDGER_UPSTREAM)",
)


@pytest.fixture(scope="session")
def certificates():
    """(context for a server named localhost, path of the authority's certificate, context whose certificate nobody signed)."""
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
    """Return entry `name` of data/sources.yml, its address and hosts changed to `server`'s, no pause between requests, and whatever else is named."""
    source = registry.sources()[name]
    return dataclasses.replace(
        source,
        **(
            {"address": server.url_for("/"), "hosts": (f"localhost:{server.port}",), "pause": 0}
            | more
        ),
    )
