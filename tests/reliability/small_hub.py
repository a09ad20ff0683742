"""A Hub in one file, written from the wire's description alone, with no line of the program or the replica. No test.

It answers over bare sockets, so that an answer can be cut, dripped or reset at any byte. `Ways` are what different Hubs
may do differently and still be Hubs; `twists` change single answers, and are in `misbehaving`. All that it is sent
is kept in `heard`.
"""

from __future__ import annotations

import base64
import gzip
import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

Row = dict[str, Any]
CREATED = "createdAt"
OTHER_LINKS = '<https://elsewhere.invalid/help>; rel="help"; title="a, <b>; rel=next", '


@dataclass(frozen=True)
class Request:
    """What was asked: the n-th request since the Hub was opened, its target, and the whole head as text."""

    number: int
    target: str
    head: str

    @property
    def path(self) -> str:
        return unquote(urlsplit(self.target).path)

    @property
    def query(self) -> list[tuple[str, str]]:
        return parse_qsl(urlsplit(self.target).query, keep_blank_values=True)

    def asked(self, name: str, default: str = "") -> str:
        return next((value for key, value in self.query if key == name), default)


@dataclass(frozen=True)
class Answer:
    """An answer before it is put into bytes. `cut` is after how many of its bytes the connection ends, and with `reset`
    it ends rudely; from byte `drips` on they go out one by one, `every` so many seconds.
    """

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    framing: Literal["length", "chunked", "close"] = "length"
    version: str = "1.1"
    cut: int | None = None
    reset: bool = False
    drips: int | None = None
    every: float = 1.0

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    def saying(self, name: str, *values: str) -> Answer:
        """The same with this header alone under its name; without values, without it."""
        kept = tuple(pair for pair in self.headers if pair[0].lower() != name.lower())
        return replace(self, headers=(*kept, *((name, value) for value in values)))

    def told(self, value: object) -> Answer:
        return replace(self, body=json.dumps(value).encode())

    @property
    def rows(self) -> list[Row]:
        """Of a page."""
        found: list[Row] = json.loads(self.body)
        return found

    @property
    def head(self) -> bytes:
        framed = {
            "length": [f"Content-Length: {len(self.body)}"],
            "chunked": ["Transfer-Encoding: chunked"],
            "close": [],
        }
        own = [] if self.header("Content-Length") else framed[self.framing]
        lines = [f"HTTP/{self.version} {self.status} So", *own, *(f"{name}: {value}" for name, value in self.headers)]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    @property
    def wire(self) -> bytes:
        if self.framing != "chunked":
            return self.head + self.body
        pieces = [self.body[place : place + 700] for place in range(0, len(self.body), 700)]
        return self.head + b"".join(b"%x;x=y\r\n%b\r\n" % (len(piece), piece) for piece in [*pieces, b""])


Twist = Callable[["SmallHub", Request, Answer], Answer]
"""An answer as it should be -> as it is given."""


@dataclass(frozen=True)
class Ways:
    """In what one Hub may differ from another, where the wire's description says little or nothing."""

    largest_page: int = 1000
    framing: Literal["length", "chunked", "close"] = "length"
    version: str = "1.1"
    compressed: bool = False
    shouts: bool = False  # header names in capitals
    relative_links: bool = False
    other_links: bool = False  # beside the next one, and on the last page too
    quota: int | None = 100_000
    opaque_cursors: bool = False
    forgets_cursors: Literal["", "400", "empty", "first page"] = ""  # those that it has not given out itself
    adds_fields: bool = False
    nulls: bool = False  # for what has no value


@dataclass
class SmallHub:
    """Its rows, how it behaves, and what it has heard. `url` is known once it is opened."""

    rows: Sequence[Row]
    ways: Ways = field(default_factory=Ways)
    twists: Sequence[Twist] = ()
    renames: dict[str, str] = field(default_factory=dict)
    url: str = ""
    heard: list[Request] = field(default_factory=list)
    given: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, request: Request) -> Answer:
        honest = self._listing(request) if request.path == "/api/models" else self._model(request)
        for twist in self.twists:
            honest = twist(self, request, honest)
        return honest

    # Listing

    def _listing(self, request: Request) -> Answer:
        asked = dict(request.query)
        chosen = [row for row in self._sorted(asked.get("sort", "")) if _matches(row, request.query)]
        cursor = asked.get("cursor", "")
        if cursor and self.ways.forgets_cursors and cursor not in self.given:
            if self.ways.forgets_cursors == "400":
                return self._said(400, {"error": "Invalid cursor"})
            chosen, cursor = ([], "") if self.ways.forgets_cursors == "empty" else (chosen, "")
        first = self._place(chosen, cursor)
        size = min(int(asked.get("limit", "1000")), self.ways.largest_page)
        page = chosen[first : first + size]
        links = self._link(request, chosen, first + size) if first + size < len(chosen) else ""
        if self.ways.other_links:
            links = OTHER_LINKS + (links or '</api/models?cursor=next>; rel="first"')
        shown = [self._shown(row, [value for name, value in request.query if name == "expand"]) for row in page]
        return self._said(200, shown, ("Link", links) if links else None)

    def _sorted(self, sort: str) -> list[Row]:
        keys = {CREATED: "_id", "lastModified": "lastModified", "downloads": "downloads", "likes": "likes"}
        key = keys.get(sort, "trendingScore")
        return sorted(self.rows, key=lambda row: (row.get(key) is not None, row.get(key)), reverse=True)

    def _place(self, chosen: list[Row], cursor: str) -> int:
        if not cursor:
            return 0
        said = json.loads(base64.b64decode(cursor))
        if isinstance(said, int):
            return said
        return next((place for place, row in enumerate(chosen) if row["_id"] < said["_id"]["$lt"]), len(chosen))

    def _link(self, request: Request, chosen: list[Row], end: int) -> str:
        by_id = request.asked("sort") == CREATED and not self.ways.opaque_cursors
        said = {"_id": {"$lt": chosen[end - 1]["_id"]}} if by_id else end
        cursor = base64.b64encode(json.dumps(said, separators=(",", ":")).encode()).decode()
        self.given.add(cursor)
        query = urlencode([pair for pair in request.query if pair[0] != "cursor"] + [("cursor", cursor)])
        return f'<{"" if self.ways.relative_links else self.url}/api/models?{query}>; rel="next"'

    def _shown(self, row: Row, words: list[str]) -> Row:
        wanted = {"_id", "id", *words} if words else set(row)
        shown = {name: value for name, value in row.items() if name in wanted and value is not None}
        if self.ways.nulls:
            shown |= dict.fromkeys(wanted - set(shown))
        return shown | ({"aNewField": {"deep": [1, None, "ß"]}, "xNumber": 1e300} if self.ways.adds_fields else {})

    # One model

    def _model(self, request: Request) -> Answer:
        name = request.path.removeprefix("/api/models/")
        if name in self.renames:
            query = urlsplit(request.target).query
            return self._said(307, {}, ("Location", f"/api/models/{self.renames[name]}?{query}"))
        row = next((row for row in self.rows if row["id"] == name), None)
        if row is None:
            return self._said(401, {"error": "Invalid username or password."})
        words = ("adapter", "merge", "quantized", "finetune")
        tags = [tag for child in self.rows for tag in child.get("tags", ())]
        children = {word: tags.count(f"base_model:{word}:{name}") for word in words}
        return self._said(200, row | {"childrenModelCount": children})

    def _said(self, status: int, value: object, *headers: tuple[str, str] | None) -> Answer:
        left = (self.ways.quota or 0) - len(self.heard)
        limits = (("RateLimit", f'"api";r={left};t=295'), ("RateLimit-Policy", f'"api";q={self.ways.quota};w=300'))
        said = [*(limits if self.ways.quota else ()), ("Content-Type", "application/json"), *filter(None, headers)]
        body = json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
        if self.ways.compressed:
            said, body = [*said, ("Content-Encoding", "gzip")], gzip.compress(body, 1)
        shouted = tuple((name.upper() if self.ways.shouts else name, text) for name, text in said)
        return Answer(status, shouted, body, self.ways.framing, self.ways.version)


def _matches(row: Row, query: list[tuple[str, str]]) -> bool:
    wanted = {value for name, value in query if name == "filter"}
    author = dict(query).get("author", "")
    return wanted <= set(row.get("tags", ())) and (not author or row["id"].startswith(f"{author}/"))


# The sockets


@contextmanager
def opened(hub: SmallHub) -> Iterator[SmallHub]:
    """The Hub at a free port of this machine, until the block ends."""
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        hub.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread = threading.Thread(target=_accept, args=(hub, listener, ended))
        thread.start()
        try:
            yield hub
        finally:
            ended.set()
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def _accept(hub: SmallHub, listener: socket.socket, ended: threading.Event) -> None:
    while not ended.is_set():
        with suppress(OSError):
            connection, _ = listener.accept()
            threading.Thread(target=_talk, args=(hub, connection, ended), daemon=True).start()


def _talk(hub: SmallHub, connection: socket.socket, ended: threading.Event) -> None:
    with connection, suppress(OSError):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.settimeout(30)
        while head := _head(connection):
            with hub.lock:
                request = Request(len(hub.heard) + 1, head.split(" ", 2)[1], head)
                hub.heard.append(request)
            answer = hub.answer(request)
            _send(connection, answer, ended)
            if answer.framing == "close" or answer.version == "1.0" or answer.cut is not None:
                if answer.reset:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return


def _head(connection: socket.socket) -> str:
    said = b""
    while b"\r\n\r\n" not in said:
        more = connection.recv(65536)
        if not more:
            return ""
        said += more
    return said.decode("latin-1")


def _send(connection: socket.socket, answer: Answer, ended: threading.Event) -> None:
    wire = answer.wire[: answer.cut]
    connection.sendall(wire[: answer.drips])
    for place in range(len(wire) if answer.drips is None else answer.drips, len(wire)):
        if ended.wait(answer.every):
            return
        connection.sendall(wire[place : place + 1])
