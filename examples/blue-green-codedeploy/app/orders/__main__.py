"""Serves until it is told to stop."""
import os
import signal
import threading

from orders.server import create_server


def main() -> None:
    """ECS sends SIGTERM and waits: requests that have begun are answered."""
    server = create_server(int(os.environ.get("PORT", "8080")))
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    print(f"listening on {server.server_address[1]}", flush=True)
    server.serve_forever()
    server.server_close()


if __name__ == "__main__":
    main()
