"""Fake OpenAI (chat completions) and Ollama servers on loopback. The model's name says how it answers:
`broken` with 500, `refused` with 401 and the key, all others with a tool call first where tools are given."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "sk-test-0123456789abcdefghijklmnop"
CALL = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Riga"}'}}
USAGE = {
    "prompt_tokens": 120,
    "completion_tokens": 7,
    "total_tokens": 127,
    "prompt_tokens_details": {"cached_tokens": 100},
    "completion_tokens_details": {"reasoning_tokens": 3},
}


def _chat(asked: dict[str, Any]) -> dict[str, Any]:
    calls = asked.get("tools") and asked["messages"][-1]["role"] != "tool"
    message = {"role": "assistant", "content": None, "tool_calls": [CALL]} if calls else _ANSWER
    reason = "tool_calls" if calls else "stop"
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1700000000,
        "model": f"{asked['model']}-2026-01-01",
        "choices": [{"index": 0, "message": message, "finish_reason": reason}],
        "usage": USAGE,
    }


_ANSWER = {"role": "assistant", "content": "It is sunny."}


def _ollama(asked: dict[str, Any]) -> dict[str, Any]:
    calls = [{"function": {"name": "weather", "arguments": {"city": "Riga"}}}]
    wants_tool = asked.get("tools") and asked["messages"][-1]["role"] != "tool"
    return {
        "model": asked["model"],
        "created_at": "2026-01-01T00:00:00Z",
        "message": {"role": "assistant", "content": "", "tool_calls": calls} if wants_tool else _ANSWER,
        "done": True,
        "done_reason": "stop",
        "prompt_eval_count": 120,
        "eval_count": 7,
    }


@contextmanager
def fake_models() -> Iterator[str]:
    """Yields the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            if asked["model"].endswith("broken"):
                self._answer(500, {"error": {"message": "The engine is overloaded", "type": "server_error"}})
            elif asked["model"].endswith("refused"):
                message = f"Incorrect API key provided: {KEY}"
                self._answer(401, {"error": {"message": message, "code": "invalid_api_key"}})
            else:
                self._answer(200, _ollama(asked) if self.path == "/api/chat" else _chat(asked))

        def _answer(self, status: int, body: dict[str, Any]) -> None:
            encoded = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(encoded)))
            self.end_headers()
            self.wfile.write(encoded)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
