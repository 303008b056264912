"""A client without any knowledge of recorders: it reads streams of the sample server at URL.

python samples/fetch.py URL
"""

import http.client
import sys
import threading
import urllib.request

# Path, the body of a POST, and what the stream shows.
REQUESTS: tuple[tuple[str, bytes | None, str], ...] = (
    ("/streams/tour", None, "seven chunks: a comment, ids, CRLF, a character cut in two"),
    ("/conversation", b'{"message": "How do you type?"}', "a chat answer, token by token"),
    ("/streams/cut", None, "a stream that its server cuts off"),
    ("/streams/gzip", None, "a compressed stream"),
)


def fetch(url: str, body: bytes | None) -> int:
    """Read a response to its end, or to where it is cut; return the size of its body in bytes."""
    headers = {"content-type": "application/json"} if body else {}
    with urllib.request.urlopen(urllib.request.Request(url, body, headers)) as response:
        try:
            return len(response.read())
        except http.client.IncompleteRead as error:
            return len(error.partial)


def main() -> None:
    """Make all requests at once, and print the size of each answer."""
    server_url = sys.argv[1]

    def one(path: str, body: bytes | None) -> None:
        size_bytes = fetch(server_url + path, body)
        print(f"  {path:<16} {size_bytes} bytes", flush=True)

    threads = [threading.Thread(target=one, args=request[:2]) for request in REQUESTS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
