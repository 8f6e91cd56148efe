import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request

import pytest

from orders.server import create_server


@pytest.fixture(name="url")
def served():
    server = create_server(0)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_answers_over_http(url):
    with urllib.request.urlopen(f"{url}/health") as answer:
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.read() == b'{"status": "ok"}'


def test_answers_head_without_a_body(url):
    with urllib.request.urlopen(urllib.request.Request(f"{url}/", method="HEAD")) as answer:
        assert (answer.status, answer.read()) == (200, b"")


def test_says_404(url):
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{url}/nothing")


def test_stops_when_it_is_told_to():
    process = subprocess.Popen([sys.executable, "-m", "orders"], stdout=subprocess.PIPE, env={**os.environ, "PORT": "0"})
    assert process.stdout.readline().startswith(b"listening on ")
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 0
    process.stdout.close()
