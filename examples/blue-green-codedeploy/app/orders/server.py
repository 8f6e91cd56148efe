"""The answers of `respond` over HTTP."""
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from orders.respond import respond


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        answer = respond(self.command, self.path)
        body = answer.body.encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _answer


def create_server(port: int) -> ThreadingHTTPServer:
    """Listens on all addresses of the container: the load balancer comes from outside."""
    server = ThreadingHTTPServer(("", port), Handler)
    server.daemon_threads = False
    return server
