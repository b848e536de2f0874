"""`python -m tests.outages.redis_server PORT`: as much of Redis as rate limits use, over real sockets."""

from __future__ import annotations

import sys
from typing import Any

from fakeredis import TcpFakeServer
from fakeredis._clients._tcp_server import TCPFakeRequestHandler
from redis.exceptions import ResponseError


class Handler(TCPFakeRequestHandler):
    """Stays connected after an error, as a real server does: a script that is not known yet is one."""

    def setup(self) -> None:
        super().setup()
        read = self.current_client.read_response

        def answer(*options: Any, **more: Any) -> Any:
            try:
                return read(*options, **more)
            except ResponseError as error:
                return error

        self.current_client.read_response = answer  # type: ignore[method-assign]


if __name__ == "__main__":
    server = TcpFakeServer(("127.0.0.1", int(sys.argv[1])))
    server.RequestHandlerClass = Handler
    server.serve_forever()
