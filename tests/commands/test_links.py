"""Promise: the check of links to other sites fails for what is gone, and for nothing else. Every
answer comes from a real server of this machine.
"""

import contextlib
import socket
import threading
import time

import pytest
from institution import certificates  # noqa: F401
from pytest_httpserver import HTTPServer
from werkzeug import Response

from ledger.commands import link_check

PAGE = """<!doctype html><link rel="canonical" href="https://book.example/{name}"><a href="#here">1</a><a href="other.html">2</a>
<a href="mailto:a@book.example">3</a><a href="https://book.example/other.html">4</a>{more}"""


@pytest.fixture
def quick(monkeypatch):
    """The same waits, a hundred times shorter."""
    for name in ("PAUSE", "WAIT", "SECOND_CHECK"):
        monkeypatch.setattr(link_check, name, getattr(link_check, name) / 100)
    monkeypatch.setattr(link_check, "CONNECT_TIMEOUT", 2)
    monkeypatch.setattr(link_check, "READ_TIMEOUT", 0.5)


def site(folder, **pages):
    """Write a site of pages, each with links to addresses."""
    for name, addresses in ({"index": []} | pages).items():
        text = PAGE.format(
            name=f"{name}.html",
            more="".join(f'<p><a class="x" href="{address}">x</a></p>' for address in addresses),
        )
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return folder


def answers(server, path, *statuses, **headers):
    """Let `server` give these statuses at a path, one a request, the last one for ever (200 to
    every HEAD); return the list of the methods it is asked with.
    """
    asked = []

    def answer(request):
        asked.append(request.method)
        return Response(
            "",
            200 if request.method == "HEAD" else statuses[min(len(asked), len(statuses)) - 1],
            headers=headers,
        )

    server.expect_request(path).respond_with_handler(answer)
    return asked


@contextlib.contextmanager
def silent():
    """A server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        yield f"http://127.0.0.1:{door.getsockname()[1]}/"


@contextlib.contextmanager
def speaking(*pieces):
    """A server that says the pieces, one every 0.2 seconds, and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as door:

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    line, _ = door.accept()
                    with line, contextlib.suppress(OSError):
                        line.recv(4096)
                        for piece in pieces:
                            time.sleep(0.2)
                            line.sendall(piece)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{door.getsockname()[1]}/"


def refusing():
    """An address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        return f"http://127.0.0.1:{door.getsockname()[1]}/"


def answers_of_a_site(httpserver):
    """Return methods asked, by path, of what is there, redirected, gone and unverified."""
    there, lost, gone, unseen = {}, {}, {}, {}
    url = httpserver.url_for
    there["/plain"] = answers(httpserver, "/plain", 200)
    there["/moved"] = answers(httpserver, "/moved", 301, Location=url("/plain"))
    there["/"] = answers(httpserver, "/", 200)
    there["/shallow"] = answers(httpserver, "/shallow", 302, Location=url("/"))
    there["/deep/moved"] = answers(httpserver, "/deep/moved", 301, Location=url("/plain"))
    there["/deep/404"] = answers(httpserver, "/deep/404", 301, Location=url("/deep/404/"))
    there["/deep/404/"] = answers(httpserver, "/deep/404/", 200)
    answers(httpserver, "/error/404.html", 200)
    lost["/deep/front"] = answers(httpserver, "/deep/front", 302, Location=url("/"))
    lost["/deep/error"] = answers(httpserver, "/deep/error", 302, Location=url("/error/404.html"))
    there["/busy"] = answers(httpserver, "/busy", 429, 200, **{"Retry-After": "1"})
    there["/ill"] = answers(httpserver, "/ill", 500, 503, 200)
    there["/blinks"] = answers(httpserver, "/blinks", 404, 200)  # a minute later it is there
    gone["/lost"] = answers(httpserver, "/lost", 404)
    gone["/removed"] = answers(httpserver, "/removed", 410)
    gone["/moved-away"] = answers(httpserver, "/moved-away", 301, Location=url("/lost"))
    for status in (401, 403, 405, 451):
        unseen[f"/{status}"] = answers(httpserver, f"/{status}", status)
    unseen["/down"] = answers(httpserver, "/down", 500)
    unseen["/patience"] = answers(httpserver, "/patience", 429, **{"Retry-After": "86400"})
    unseen["/circle"] = answers(httpserver, "/circle", 302, Location=url("/circle"))
    unseen["/app"] = answers(httpserver, "/app", 302, Location="intent://scan/#Intent;end")
    unseen["/nowhere"] = answers(httpserver, "/nowhere", 302)
    unseen["/choices"] = answers(httpserver, "/choices", 300)
    return there, lost, gone, unseen


def test_every_answer_is_judged_as_a_reader_would_find_it(httpserver, certificates, quick):
    there, lost, gone, unseen = answers_of_a_site(httpserver)
    url = httpserver.url_for
    closed = refusing()
    with (
        silent() as mute,
        speaking(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", b"\r\n") as slow,
        speaking(b"nonsense\r\n\r\n") as odd,
        speaking(b"HTTP/1.1 302 Found\r\nLocation: http://.x/\r\n\r\n") as astray,
        HTTPServer(host="localhost", port=0, ssl_context=certificates[2]) as stranger,
    ):
        outside = [
            mute,
            slow,
            odd,
            astray,
            closed,
            "http://nobody.invalid/",
            "http:///",
            stranger.url_for("/"),
        ]
        seen = link_check.check([*map(url, there | lost | gone | unseen), *outside])
    verdicts = {address: each.verdict for address, each in seen.items()}
    expected = {
        url(path): verdict
        for verdict, paths in (
            ("there", there),
            ("redirected", lost),
            ("gone", gone),
            ("unverified", unseen),
        )
        for path in paths
    }
    expected |= dict.fromkeys((mute, closed, odd, astray, outside[-1]), "unverified") | {
        slow: "there",
        "http://nobody.invalid/": "gone",
        "http:///": "gone",
    }
    assert verdicts == expected
    assert {method for asked in (there | lost | gone | unseen).values() for method in asked} == {
        "GET"
    }, "a server may answer HEAD for what is gone"
    assert len(gone["/lost"]) == 4 and len(gone["/removed"]) == 2, "and once more later"
    assert (
        len(unseen["/down"]) == link_check.TRIES
        and len(unseen["/patience"]) == 1
        and len(unseen["/403"]) == 1
    )
    reasons = {address: each.reason for address, each in seen.items()}
    assert reasons[url("/moved-away")] == f"404 NOT FOUND, redirected to {url('/lost')}"
    assert (
        reasons[url("/app")] == reasons[astray] == "it leads to what is no address of a page"
        and "which redirects to no address" in reasons[url("/choices")]
    )
    assert reasons["http://nobody.invalid/"] == "there is no host nobody.invalid"
    assert (reasons[mute], reasons[closed], reasons[outside[-1]]) == (
        "no answer in time",
        "the connection fails",
        "its certificate or encryption is not valid",
    )


def test_the_report_says_which_page_why_and_what_to_do(httpserver, quick, tmp_path, capsys):
    here, lost, refused = (
        answers(httpserver, "/here", 200),
        answers(httpserver, "/lost", 404),
        answers(httpserver, "/refused", 403),
    )
    answers(httpserver, "/a/b", 302, Location="/")
    answers(httpserver, "/", 200)
    url = httpserver.url_for
    built = site(
        tmp_path / "site",
        one=[url("/here"), url("/here#part"), url("/lost"), url("/a/b")],
        two=[url("/here"), url("/lost"), url("/refused")],
    )
    (tmp_path / "references.bib").write_text(
        f"@misc{{a,\n  url = {{{url('/lost')}}},\n}}\n", encoding="utf-8"
    )
    text, well = link_check.report(built, tmp_path)
    assert not well and len(here) == 1 and len(lost) == 2 and len(refused) == 1
    assert text.splitlines() == [
        "4 addresses elsewhere: 1 are there, 1 redirect to a front page now, 1 gone, 1 not "
        "verified.",
        "",
        f"gone: {url('/lost')}",
        "  404 NOT FOUND",
        "  on one.html, two.html",
        "  written in references.bib:2",
        f"  Replace it, or link to an archived copy: https://web.archive.org/web/{url('/lost')}",
        "",
        link_check.REDIRECTED,
        f"  {url('/a/b')}: redirected to {url('/')}",
        "    on one.html",
        "",
        link_check.UNVERIFIED,
        f"  {url('/refused')}: 403 FORBIDDEN",
    ]
    assert capsys.readouterr().err == "", "progress is for a terminal"
    (built / "one.html").unlink()
    site(built, two=[url("/here"), url("/refused"), url("/a/b")])
    assert link_check.report(built, tmp_path)[1], (
        "what is not seen, or leads to a front page, fails nothing"
    )


def test_a_host_is_asked_for_one_address_at_a_time_with_a_pause(httpserver, quick, monkeypatch):
    monkeypatch.setattr(link_check, "PAUSE", 0.1)
    times = []

    def answer(request):
        times.append(time.monotonic())
        time.sleep(0.05)
        return Response("")

    httpserver.expect_request("/").respond_with_handler(answer)
    link_check.check([httpserver.url_for(f"/?{number}") for number in range(5)])
    assert (
        len(times) == 5 and min(later - earlier for earlier, later in zip(times, times[1:])) > 0.14
    )


def test_one_host_that_never_answers_holds_the_others_up_no_longer_than_there_is_time(
    httpserver, quick, monkeypatch
):
    monkeypatch.setattr(link_check, "TIMEOUT", 1)
    answers(httpserver, "/here", 200)
    trickle = [b"HTTP/1.1 200 OK\r\n"] + [b"X: y\r\n"] * 1000
    with speaking(*trickle) as endless:
        began = time.monotonic()
        seen = link_check.check([endless, httpserver.url_for("/here")])
    assert time.monotonic() - began < 3
    assert (
        seen[endless].reason == "not asked in the time there is"
        and seen[httpserver.url_for("/here")] == link_check.THERE
    )


@pytest.mark.parametrize("again", [600, -1])
def test_what_is_gone_stays_gone_when_the_time_is_used_up_before_the_second_look(
    httpserver, quick, monkeypatch, again
):
    monkeypatch.setattr(link_check, "TIMEOUT", 1)
    monkeypatch.setattr(link_check, "SECOND_TIMEOUT", again)
    asked = answers(httpserver, "/lost", 404)
    with speaking(b"HTTP/1.1 200 OK\r\n", *[b"X: y\r\n"] * 1000) as endless:
        seen = link_check.check([endless, httpserver.url_for("/lost")])
    assert (
        seen[httpserver.url_for("/lost")].reason == "404 NOT FOUND"
        and seen[endless] == link_check.NOT_ASKED
    )
    assert len(asked) == (2 if again > 0 else 1)


def test_without_a_connection_nothing_is_called_gone(quick):
    with pytest.raises(
        ValueError,
        match="not one of 2 addresses answered: this machine seems to have no connection",
    ):
        link_check.check(["http://nobody.invalid/", "http://nowhere.invalid/"])


def test_what_is_no_site_is_said_to_be_none(tmp_path):
    with pytest.raises(FileNotFoundError, match="is not a built site: it has no index.html"):
        link_check.addresses(tmp_path)


def test_the_form_for_errors_is_asked_for_once_and_not_for_each_page(tmp_path):
    head, form = '<link rel="canonical" href="https://a.example/">', "https://code.example/new"
    for name in ("index", "other"):
        link = f'<a class="report-error" href="{form}?page={name}">Report</a>'
        (tmp_path / f"{name}.html").write_text(head + link, encoding="utf-8")
    assert link_check.addresses(tmp_path) == {form: ["index.html", "other.html"]}
