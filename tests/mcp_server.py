"""An MCP server of the official package: `python mcp_server.py sse|http`; prints its URL."""

import sys

import anyio

try:
    from mcp.server.mcpserver import MCPServer
except ImportError:  # the package before 2.0
    from mcp.server.fastmcp import FastMCP as MCPServer

server = MCPServer("trial")


@server.tool()
async def add(a: int, b: int) -> str:
    """Add two numbers."""
    await anyio.sleep(0.05)
    return f"sum {a + b}"


@server.tool()
async def shout(text: str) -> str:
    """Say it louder."""
    return text.upper()


if __name__ == "__main__":
    import socket

    import uvicorn

    app = server.sse_app() if sys.argv[1] == "sse" else server.streamable_http_app()
    listening = socket.create_server(("127.0.0.1", 0))
    print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="error")).run(sockets=[listening])
