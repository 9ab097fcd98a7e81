"""A small server of the MCP Python SDK, 1.x or 2.x, whichever the interpreter has.

    sdk.py stdio|sse|http|http-stateless|http-stateless-json [--hostcheck]

Over HTTP it prints `listening on URL` once it accepts connections, on a port that the system picks, and exits when its
standard input closes. --hostcheck leaves the SDK's check of the Host header as it is for 127.0.0.1 (off in 1.14, on in 1.30 and 2.3);
without it every Host is accepted, as for a server that is bound to 0.0.0.0.
"""

import asyncio
import os
import socket
import sys
import threading

from mcp.server.transport_security import TransportSecuritySettings

try:
    from mcp.server.mcpserver import MCPServer  # 2.x
except ImportError:
    from mcp.server.fastmcp import FastMCP

    MCPServer = None

TRANSPORT = sys.argv[1]
STREAMABLE = {
    "http": {},
    "http-stateless": {"stateless_http": True},
    "http-stateless-json": {"stateless_http": True, "json_response": True},
}
# None is the SDK's own choice.
ANY_HOST = TransportSecuritySettings(enable_dns_rebinding_protection=False)
SECURITY = {"transport_security": None if "--hostcheck" in sys.argv else ANY_HOST}

if MCPServer:
    server = MCPServer("small")
else:
    server = FastMCP("small", **SECURITY, **STREAMABLE.get(TRANSPORT, {}))


@server.tool()
def add(a: int, b: int) -> int:
    """Adds two numbers."""
    return a + b


@server.tool()
def echo(text: str) -> str:
    """Says what it is told."""
    return text


@server.resource("note://greeting")
def greeting() -> str:
    """A greeting."""
    return "hello"


@server.prompt()
def review(text: str) -> str:
    """Asks for a review."""
    return f"Please review: {text}"


def application():
    if TRANSPORT == "sse":
        return (server.sse_app(**SECURITY) if MCPServer else server.sse_app()), "/sse"
    options = STREAMABLE[TRANSPORT]
    return (server.streamable_http_app(**SECURITY, **options) if MCPServer else server.streamable_http_app()), "/mcp"


def exit_with_standard_input():
    sys.stdin.buffer.read()
    os._exit(0)  # open streams would hold up an orderly end


def serve():
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets=None):
            await super().startup(sockets)
            print(f"listening on http://127.0.0.1:{sockets[0].getsockname()[1]}{path}", flush=True)

    app, path = application()
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    threading.Thread(target=exit_with_standard_input, daemon=True).start()
    # The lines of uvicorn's access log would go to the standard output.
    config = uvicorn.Config(app, access_log=False, log_level="warning")
    asyncio.run(Server(config).serve(sockets=[listener]))


if TRANSPORT == "stdio":
    server.run("stdio")
else:
    serve()
