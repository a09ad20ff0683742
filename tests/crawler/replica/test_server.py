"""The server itself: where it listens, how it ends."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
import time

import pytest
import requests

from crawler.replica.catalogue import Catalogue
from crawler.replica.generate import generate
from crawler.replica.server import Replica, running, serve

SERVE = """
from crawler.replica.catalogue import Catalogue
from crawler.replica.server import Replica, serve
serve(Replica(Catalogue([])), ready=lambda url: print(url, flush=True))
"""


def test_nothing_is_left_running_behind() -> None:
    before = threading.active_count()
    with running(Replica(Catalogue([]))) as url:
        requests.get(f"{url}/api/models", timeout=10)
    assert threading.active_count() == before
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{url}/api/models", timeout=10)


def test_an_error_inside_ends_it_too() -> None:
    before = threading.active_count()
    with pytest.raises(KeyError), running(Replica(Catalogue([]))):
        raise KeyError
    assert threading.active_count() == before


def test_it_listens_on_this_machine_alone() -> None:
    with running(Replica(Catalogue([]))) as url:
        assert url.startswith("http://127.0.0.1:")


def test_a_taken_port_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        serve(Replica(Catalogue([])), port=taken.getsockname()[1])


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_in_peace(sent: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", SERVE], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        url = process.stdout.readline().strip()
        assert requests.get(f"{url}/api/models", timeout=10).json() == []
        process.send_signal(sent)
        assert process.wait(timeout=10) == 0


def test_small_answers_do_not_wait_for_an_acknowledgement() -> None:
    """Forty milliseconds an answer, where head and body go out apart and the second waits for the first."""
    with running(Replica(generate(5, 1), quota=None)) as url, requests.Session() as session:
        begun = time.perf_counter()
        for _ in range(50):
            session.get(f"{url}/api/models?limit=1", timeout=10)
        assert time.perf_counter() - begun < 50 * 0.04
