from time import perf_counter

from ssetape.format.values import Request
from ssetape.masking.findings import placeholder
from ssetape.recording import run


def test_all_captures_of_a_run_share_its_id_and_clock() -> None:
    now_s = perf_counter()
    first, second = run.place(now_s, "c"), run.place(now_s + 1.5)
    assert first["id"] == second["id"]
    assert round(second["at"] - first["at"], 5) == 1.5
    assert first["connection"] == "c"
    assert "connection" not in second


def test_masked_ids_are_those_that_stand_in_masked_bodies() -> None:
    secret, header = "5f1c9a77e1b24d53b81d22c09ce64f1a", "0123456789abcdef0123"
    url = f"https://a.test/ask?session_id={secret}&short=1&other=0123456789012345678901"
    request = Request("POST", url, "HTTP/1.1", [("Mcp-Session-Id", header), ("host", "a.test")])
    found = run.masked_ids(request, ["session_id", "short"], [], b"salt")
    assert len(found) == 2
    assert placeholder(secret.encode(), b"salt").decode().startswith(found[0])
    assert placeholder(header.encode(), b"salt").decode().startswith(found[1])
