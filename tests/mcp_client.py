"""An MCP client of the official package: `python mcp_client.py sse|http URL ORDER [WAIT_S]`.

ORDER names the calls, such as `list,add,shout`. Prints what each call got.
"""

import logging
import sys
from contextlib import AsyncExitStack

import anyio
from mcp.client.session import ClientSession
from mcp.client.sse import sse_client

try:
    from mcp.client.streamable_http import streamable_http_client
except ImportError:  # the package before 1.24
    from mcp.client.streamable_http import streamablehttp_client as streamable_http_client


async def main(transport: str, url: str, order: str, wait_s: str = "0") -> None:
    async with AsyncExitStack() as stack:
        if transport == "sse":
            streams = await stack.enter_async_context(sse_client(f"{url}/sse"))
        else:
            streams = await stack.enter_async_context(streamable_http_client(f"{url}/mcp"))
        session = await stack.enter_async_context(ClientSession(streams[0], streams[1]))
        await anyio.sleep(float(wait_s))
        await session.initialize()
        for call in order.split(","):
            with anyio.fail_after(15):
                if call == "list":
                    tools = await session.list_tools()
                    print("list", ",".join(tool.name for tool in tools.tools), flush=True)
                elif call == "add":
                    answer = await session.call_tool("add", {"a": 2, "b": 3})
                    print("add", answer.content[0].text, flush=True)
                else:
                    answer = await session.call_tool("shout", {"text": "hello"})
                    print("shout", answer.content[0].text, flush=True)
        # The answer may come before that to the POST itself, which a recording needs whole.
        await anyio.sleep(0.3)


logging.basicConfig(level=logging.WARNING)
anyio.run(main, *sys.argv[1:])
