"""The proxy and what runs through it: mitmproxy in this process, a program, a browser."""
