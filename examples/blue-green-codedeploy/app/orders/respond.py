"""What the service says to a request."""
import json
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

ORDERS = {
    "1001": {"id": "1001", "item": "Sencha", "grams": 100, "state": "packed"},
    "1002": {"id": "1002", "item": "Darjeeling", "grams": 250, "state": "sent"},
    "1003": {"id": "1003", "item": "Rooibos", "grams": 500, "state": "new"},
}


@dataclass(frozen=True)
class Answer:
    """Status and JSON text."""

    status: int
    body: str


def respond(method: str, target: str) -> Answer:
    """It keeps no state, so any number of tasks may stand side by side."""
    if method not in ("GET", "HEAD"):
        return _json(405, {"error": f"{method} is not allowed"})
    path = unquote(urlsplit(target).path)
    if path == "/":
        return _json(200, {"orders": list(ORDERS.values())})
    if path == "/health":
        return _json(200, {"status": "ok"})
    order = ORDERS.get(path.removeprefix("/orders/")) if path.startswith("/orders/") else None
    return _json(200, order) if order else _json(404, {"error": f"{path} is not here"})


def _json(status: int, value: object) -> Answer:
    return Answer(status, json.dumps(value))
