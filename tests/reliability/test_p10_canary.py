"""P10: a canary token occurs in 0 bytes of logs, database, exports, snapshots and error texts, and of what any other
origin is sent. Two hosts on this machine: a Hub that leads to the other by every way there is, and the other one.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.jobs.program import Program, Ran, opened_hub, small_rows
from tests.reliability.conftest import Tried
from tests.reliability.soak import scaled

CANARY = "hf_" + "CanaryThatMustNotBeSeen0123456789"
SOME = slice(None, None, scaled(3, 1))
FORMS = (CANARY.encode(), quote(CANARY).encode(), CANARY[3:].encode())


@dataclass
class Answer:
    """What a host says."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = "[]"


@dataclass
class Host:
    """A server of one answer, or of one for each request, and all that it was sent."""

    url: str
    sent: list[str]


Says = Callable[[str, str], Answer]
"""The path that is asked, and the whole request as text -> the answer."""


@contextmanager
def host(says: Says) -> Iterator[Host]:
    sent: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            request = f"{self.requestline}\n{self.headers}"
            sent.append(request)
            answer = says(self.path, request)
            body = answer.body.encode()
            self.send_response(answer.status)
            for name, value in {"Content-Type": "application/json", **answer.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing on the screen."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield Host(f"http://127.0.0.1:{server.server_address[1]}", sent)
        finally:
            server.shutdown()
            thread.join()


def redirected(status: int, other: str) -> Answer:
    return Answer(status, {"Location": f"{other}/api/models"})


PAGE = json.dumps(small_rows())
WAYS: dict[str, Callable[[str], Answer]] = {
    **{f"redirect {status}": partial(redirected, status) for status in (301, 302, 303, 307, 308)},
    "redirect without a scheme": lambda other: Answer(307, {"Location": other.removeprefix("http:") + "/api/models"}),
    "redirect by a name": lambda other: Answer(307, {"Location": other.replace("127.0.0.1", "localhost") + "/x"}),
    "redirect with a user": lambda other: Answer(
        307, {"Location": other.replace("http://", "http://127.0.0.1@") + "/x"}
    ),
    "redirect by a backslash": lambda other: Answer(307, {"Location": "\\\\" + other.removeprefix("http://") + "/x"}),
    "refresh": lambda other: Answer(200, {"Refresh": f"0; url={other}"}, PAGE),
    "next link": lambda other: Answer(200, {"Link": f'<{other}/api/models>; rel="next"'}, PAGE),
    "next link without a scheme": lambda other: Answer(
        200, {"Link": f'<{other.removeprefix("http:")}/api/models>; rel="next"'}, PAGE
    ),
    "next link with a user": lambda other: Answer(
        200, {"Link": f'<{other.replace("//", "//127.0.0.1:1@")}/api/models>; rel="next"'}, PAGE
    ),
    "sign in there": lambda other: Answer(401, {"WWW-Authenticate": f'Bearer realm="{other}"'}),
}


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


def left_behind(program: Program, said: list[Ran]) -> list[str]:
    """Where the canary is to be read, in whatever form."""
    texts = {f"output {number}": (ran.stdout + ran.stderr).encode() for number, ran in enumerate(said)}
    texts |= {str(path): path.read_bytes() for path in program.folder.rglob("*") if path.is_file()}
    return [name for name, content in texts.items() if any(form in content for form in FORMS)]


def run(program: Program, url: str, *commands: str) -> list[Ran]:
    environment = {"HF_TOKEN": CANARY, "MODELROOTS_DEBUG": "1", "HF_ENDPOINT": url}
    return [program.run(*command.split(), environment=environment) for command in commands]


@pytest.mark.parametrize("way", list(WAYS)[SOME])
def test_no_other_origin_hears_of_the_token(program: Program, way: str, tried: Tried) -> None:
    with host(lambda _path, _request: Answer()) as other, host(lambda _path, _request: WAYS[way](other.url)) as hub:
        said = run(program, hub.url, "crawl sweep", "doctor")
        assert any(CANARY in request for request in hub.sent)  # it was sent where it belongs
        assert other.sent == []
    assert left_behind(program, said) == []
    tried(f"led elsewhere by: {way}", len(hub.sent), "0 requests to the other origin, 0 bytes of the token left")


def test_a_name_s_look_up_that_is_led_elsewhere_is_not_followed(program: Program, tried: Tried) -> None:
    def says(path: str, _request: str) -> Answer:
        return Answer(307, {"Location": f"{other.url}{path}"}) if "/api/models/" in path else Answer(body=PAGE)

    with host(lambda _path, _request: Answer()) as other, host(says) as hub:
        said = run(program, hub.url, "nightly --accept", "renames")
        assert any("/api/models/Qwen/Gone" in request for request in hub.sent)
        assert other.sent == []
    assert left_behind(program, said) == []
    tried("a look-up led elsewhere", len(hub.sent), "0 requests to the other origin")


ECHOES = {
    "in a header": lambda: Answer(401, {"X-Error-Message": f"unknown token {CANARY}"}),
    "in a body": lambda: Answer(403, body=json.dumps({"error": f"unknown token {CANARY}"})),
    "in a broken page": lambda: Answer(404, body=f"<html>{CANARY}</html>"),
    "in the request's number": lambda: Answer(400, {"X-Request-Id": CANARY, "X-Error-Code": CANARY}),
    "in a redirect": lambda: Answer(307, {"Location": f"http://elsewhere.invalid/{CANARY}"}),
}


@pytest.mark.parametrize("echo", list(ECHOES)[SOME])
def test_a_hub_that_says_the_token_back_is_not_repeated(program: Program, echo: str, tried: Tried) -> None:
    with host(lambda _path, _request: ECHOES[echo]()) as hub:
        said = run(program, hub.url, "crawl sweep", "crawl walk qwen", "doctor")
    assert any(ran.code for ran in said)
    assert left_behind(program, said) == []
    tried(f"the token said back {echo}", len(hub.sent), "0 bytes of it left")


ALL = (
    "crawl sweep", "crawl changes", "crawl walk Qwen/Q", "renames", "nightly --accept", "doctor", "config --json",
    "crawls --json", "quality --quarantine", "backup saved.db", "export --format csv --out csv",
    "export --format parquet --out parquet", "export --format graphml --out graphml",
    "export --format hub-stats --out stats", "snapshot list", "publish --repo-id me/lineage --dry-run",
    "restore saved.db --force",
)  # fmt: skip


def test_the_token_is_in_no_byte_that_is_left(program: Program, tried: Tried) -> None:
    with opened_hub(small_rows(), token=CANARY) as hub:
        said = run(program, hub.url, *ALL)
    assert [(command, ran.stderr) for command, ran in zip(ALL, said, strict=True) if ran.code not in (0, 3)] == []
    written = sum(path.stat().st_size for path in program.folder.rglob("*") if path.is_file())
    assert written > 10**5
    assert left_behind(program, said) == []
    tried("every command with a token, bytes left behind", written, "0 of them the token's")


def test_the_canary_would_be_found(program: Program) -> None:
    (program.folder / "deep").mkdir()
    Path(program.folder / "deep" / "log").write_bytes(b"\0" + FORMS[2])
    assert left_behind(program, [Ran(0, "", CANARY)]) == ["output 0", str(program.folder / "deep" / "log")]
