"""Servers that answer as they are told, and waits that are listed, never slept. No test."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from crawler.hub import Hub
from crawler.records import Page

TOKEN = "hf_canaryCANARYcanary0123456789"  # noqa: S105 - a canary
LIST = "/api/models"
ONE_ROW = '[{"_id":"000000000000000000000001","id":"a/m1"}]'


def row(number: int) -> dict[str, str]:
    return {"_id": f"{number:024x}", "id": f"a/m{number}"}


def rows(*numbers: int) -> Response:
    return Response(json.dumps([row(number) for number in numbers]), content_type="application/json")


class Script:
    """Answers one after the other, the last for ever; keeps the requests."""

    def __init__(self, *answers: Response | Callable[[], Response]) -> None:
        self.answers = list(answers)
        self.requests: list[Request] = []

    def __call__(self, request: Request) -> Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return answer() if not isinstance(answer, Response) else answer


class Waits(list[float]):
    """A sleep that only writes down, and a clock that it moves."""

    now = 0.0

    def sleep(self, seconds: float) -> None:
        self.append(seconds)
        self.now += seconds

    def clock(self) -> float:
        return self.now


def serve(httpserver: HTTPServer, *answers: Response | Callable[[], Response]) -> Script:
    script = Script(*answers)
    httpserver.expect_request(re.compile("/.*")).respond_with_handler(script)
    return script


def first_page(hub: Hub) -> Page:
    return next(hub.pages(hub.list_url([("limit", "2")])))


def names(page: Page) -> list[str]:
    return [record.repo_id for record in page.records]


def limited(status: int, remaining: int, reset: int, *, body: str = ONE_ROW, quota: int = 500) -> Response:
    policy = f'"fixed window";"api";q={quota};w=300'
    told = {"RateLimit": f'"api";r={remaining};t={reset}', "RateLimit-Policy": policy}
    return Response(body, status, told)


@contextmanager
def raw_server(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """A listener that hands each connection, its question read, to `talk`."""
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)

        def accept() -> None:
            while not ended.is_set():
                try:
                    connection, _ = listener.accept()
                except TimeoutError:
                    continue
                with connection:
                    connection.settimeout(5)
                    try:
                        connection.recv(65536)
                        talk(connection)
                    except OSError:
                        continue

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            ended.set()
            thread.join()


def dripping(head: bytes, drop: bytes) -> Callable[[socket.socket], None]:
    def talk(connection: socket.socket) -> None:
        connection.sendall(head)
        for _ in range(500):
            connection.sendall(drop)
            time.sleep(0.02)

    return talk
