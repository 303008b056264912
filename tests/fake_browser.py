#!/usr/bin/env python3
"""A browser in some lines: speaks DevTools by a pipe or a port, and streams to its only page.

The environment says how it behaves, in FAKE_BROWSER: "" by pipe or port; "no-pipe" drops its pipe,
as some wrappers do; "handed-over", "failing", "mute" and "foreign" as their names say; with
"endless", the stream goes on until the browser is closed. FAKE_LOG is a file that gets the flags
and the commands.
"""

import asyncio
import json
import os
import sys
import time
from base64 import b64encode
from pathlib import Path

HOW = os.environ.get("FAKE_BROWSER", "")
FLAGS = dict(word.lstrip("-").partition("=")[::2] for word in sys.argv[1:])
CHUNKS = [f"data: {number}\n\n".encode() for number in range(5)]


def log(line):
    if path := os.environ.get("FAKE_LOG"):
        with open(path, "a") as file:
            file.write(line + "\n")


class Fake:
    def __init__(self, write):
        self.write = write
        self.streaming = False

    def emit(self, method, **params):
        self.write({"method": method, "params": params, "sessionId": "s1"})

    def handle(self, message):
        method = message["method"]
        log(method)
        reply = {"id": message["id"], "result": {}}
        if method == "Browser.getVersion":
            reply["result"] = {"product": "Fake/1.0"}
        if method == "Network.streamResourceContent":
            reply["result"] = {"bufferedData": b64encode(CHUNKS[0]).decode()}
            asyncio.get_running_loop().create_task(self.stream())
        self.write(reply)
        if method == "Target.setAutoAttach" and "sessionId" not in message:
            info = {"targetId": "t1", "type": "page"}
            self.write(
                {
                    "method": "Target.attachedToTarget",
                    "params": {"sessionId": "s1", "targetInfo": info},
                }
            )
        elif method in ("Page.navigate", "Target.createTarget"):
            self.load(message["params"]["url"])
        elif method == "Browser.close":
            asyncio.get_running_loop().call_soon(os._exit, 0)

    def load(self, url):
        now_s = time.monotonic()
        request = {"url": url, "method": "GET", "headers": {"Cookie": "sid=s3cret"}}
        self.emit(
            "Network.requestWillBeSent",
            requestId="1",
            request=request,
            timestamp=now_s,
            wallTime=time.time(),
        )
        response = {"status": 200, "headers": {"Content-Type": "text/event-stream"}}
        response["protocol"] = "h2"
        self.emit("Network.responseReceived", requestId="1", timestamp=now_s, response=response)
        self.data(CHUNKS[0], None)
        if not HOW:  # where nobody wants the stream, the user closes it too
            asyncio.get_running_loop().call_later(1.0, os._exit, 0)

    def data(self, chunk, data):
        further = {} if data is None else {"data": b64encode(data).decode()}
        self.emit(
            "Network.dataReceived",
            requestId="1",
            timestamp=time.monotonic(),
            dataLength=len(chunk),
            **further,
        )

    async def stream(self):
        for chunk in CHUNKS[1:]:
            await asyncio.sleep(0.01)
            self.data(chunk, chunk)
        if HOW == "endless":
            return
        self.emit("Network.loadingFinished", requestId="1", timestamp=time.monotonic())
        if HOW != "open":  # and the user closes it
            await asyncio.sleep(0.01)
            os._exit(0)


async def by_pipe():
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(3, "rb"))

    def write(message):
        os.write(4, json.dumps(message).encode() + b"\0")

    fake = Fake(write)
    while True:
        try:
            fake.handle(json.loads((await reader.readuntil(b"\0"))[:-1]))
        except asyncio.IncompleteReadError:
            return  # as Chromium, it ends with its pipe


async def by_port(port):
    from websockets.asyncio.server import serve

    async def handle(socket):
        unsent = asyncio.Queue()
        fake = Fake(unsent.put_nowait)

        async def send():
            while True:
                await socket.send(json.dumps(await unsent.get()))

        sending = asyncio.create_task(send())
        async for text in socket:
            fake.handle(json.loads(text))
        sending.cancel()

    async with serve(handle, "127.0.0.1", port):
        place = Path(FLAGS["user-data-dir"]) / "DevToolsActivePort"
        place.write_text(f"{port}\n/devtools/browser/x")
        await asyncio.Event().wait()


def main():
    log(" ".join(sys.argv[1:]))
    if HOW == "handed-over":
        print("Opening in existing browser session.")
        return
    if HOW == "failing":
        sys.exit("cannot open display")
    if "remote-debugging-port" in FLAGS:
        if HOW == "foreign":
            time.sleep(60)
        asyncio.run(by_port(int(FLAGS["remote-debugging-port"])))
    elif HOW in ("no-pipe", "foreign"):
        os.close(3)
        os.close(4)
        time.sleep(60)
    else:
        asyncio.run(by_pipe())


if __name__ == "__main__":
    main()
