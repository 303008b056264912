"""Handlers for Mock Service Worker that stream the chunks at their recorded times.

https://mswjs.io/docs/http/mocking-responses/streaming/
"""

import json
from base64 import b64encode
from collections.abc import Iterable
from typing import BinaryIO

from ssetape.capture import Capture
from ssetape.errors import CaptureError, ExportError
from ssetape.format.values import WEBSOCKET

SUFFIX = ".js"
SEVERAL = True
LOSES = "trailers, hop-by-hop headers; JavaScript's timers are precise to a millisecond at best"
SUMMARY = "Handlers for Mock Service Worker (MSW 2), in JavaScript."

_METHODS = frozenset({"get", "post", "put", "patch", "delete", "options", "head"})
# Headers that belong to the connection, or to how it framed the body.
_LEFT_OUT = frozenset({"connection", "content-length", "keep-alive", "transfer-encoding"})
_CAN_HAVE_NO_BODY = frozenset({101, 204, 205, 304})

_START = """\
// Made by `ssetape export --format msw`.
import { http, HttpResponse } from 'msw'

// 1 is the recorded speed, Infinity sends everything at once.
export const pace = { speed: 1 }

const bytes = (chunk) =>
  chunk.base64 === undefined
    ? new TextEncoder().encode(chunk.text)
    : Uint8Array.from(atob(chunk.base64), (char) => char.charCodeAt(0))

const until = (startedMs, tMs) => {
  const waitMs = startedMs + tMs / pace.speed - performance.now()
  return waitMs > 0 ? new Promise((resolve) => setTimeout(resolve, waitMs)) : undefined
}

const replayed = (capture) => async () => {
  const startedMs = performance.now()
  if (capture.head === null) {
    await until(startedMs, capture.endMs)
    return HttpResponse.error()
  }
  await until(startedMs, capture.head.tMs)
  const init = { status: capture.head.status, headers: new Headers(capture.head.headers) }
  if (capture.head.isEmpty) return new HttpResponse(null, init)
  const body = new ReadableStream({
    async start(controller) {
      for (const chunk of capture.chunks) {
        await until(startedMs, chunk.tMs)
        controller.enqueue(bytes(chunk))
      }
      await until(startedMs, capture.endMs)
      if (capture.end === 'complete') controller.close()
      else controller.error(new TypeError(`the recorded stream was not complete: ${capture.end}`))
    },
  })
  return new HttpResponse(body, init)
}

export const handlers = [
"""


def write(captures: Iterable[Capture], out: BinaryIO) -> None:
    """Write a module of handlers, one per capture, each chunk as it is read.

    Raises:
        ExportError: a capture is of a WebSocket, which needs another kind of handler, or damaged;
            the handlers of the others are complete.
    """
    problems: list[str] = []
    out.write(_START.encode())
    for capture in captures:
        if capture.kind == WEBSOCKET:
            problems.append(
                f"{capture.name} is a WebSocket capture, which these handlers cannot serve: use "
                f"`ssetape replay`"
            )
            continue
        try:
            response, end = capture.response, capture.end
        except CaptureError as error:
            problems.append(str(error))
            continue
        method = capture.request.method.lower()
        method = method if method in _METHODS else "all"
        out.write(f"  // {_in_comment(capture.name)}\n".encode())
        out.write(f"  http.{method}({_js(_path(capture.request.url))}, replayed({{\n".encode())
        head = None
        if response is not None:
            kept = [pair for pair in response.headers if pair[0].lower() not in _LEFT_OUT]
            head = {
                "tMs": _ms(response.t_s),
                "status": response.status if 200 <= response.status <= 599 else 502,
                "isEmpty": response.status in _CAN_HAVE_NO_BODY,
                "headers": kept,
            }
        out.write(f"    head: {_js(head)},\n    chunks: [\n".encode())
        last_s = response.t_s if response else 0.0
        try:
            for chunk in capture.chunks():
                last_s = chunk.t_s
                out.write(f"      {_js({'tMs': _ms(chunk.t_s), **_data(chunk.data)})},\n".encode())
        except CaptureError as error:
            problems.append(str(error))
            end = None
        reason = end.reason if end else "interrupted"
        end_s = end.t_s if end else last_s
        out.write(f"    ],\n    end: {_js(reason)},\n    endMs: {_ms(end_s)},\n  }})),\n".encode())
    out.write(b"]\n")
    if problems:
        raise ExportError(*problems)


def _path(url: str) -> str:
    """The URL as MSW matches it: without its query, and with pattern characters escaped."""
    path = url.partition("?")[0].partition("#")[0]
    scheme, separator, rest = path.partition("://")
    host, slash, rest = rest.partition("/")
    quoted = "".join(f"\\{char}" if char in "(){}*:?" else char for char in rest)
    return f"{scheme}{separator}{host}{slash}{quoted}"


def _data(data: bytes) -> dict[str, str]:
    try:
        return {"text": data.decode()}
    except UnicodeDecodeError:
        return {"base64": b64encode(data).decode()}


def _js(value: object) -> str:
    # JSON is JavaScript. Its ASCII escapes cover line separators; `</` is escaped for HTML.
    return json.dumps(value).replace("</", "<\\/")


def _ms(t_s: float) -> float:
    return round(t_s * 1000, 3)


def _in_comment(text: str) -> str:
    return _js(text)[1:-1]
