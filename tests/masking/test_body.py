from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ssetape.masking.body import BodyMasker, Part
from ssetape.masking.findings import Finding, masked
from ssetape.masking.search import find

SALT = b"s" * 32
SECRET = b"sk-ant-a1B2c3D4e5F6g7H8i9J0"


@given(cuts=st.lists(st.integers(0, 60), max_size=6), separator=st.sampled_from([b"", b"\n"]))
def test_parts_keep_their_order_sizes_and_owners(cuts: list[int], separator: bytes) -> None:
    body = b"data: " + SECRET + b"\n\ndata: [DONE]\n\n"
    edges = [0, *sorted(min(cut, len(body)) for cut in cuts), len(body)]
    parts = [Part(float(n), body[a:b], n) for n, (a, b) in enumerate(pairwise(edges))]
    sizes = [len(part.data) for part in parts]
    noted: list[tuple[Part, Finding]] = []
    masker = BodyMasker(SALT, lambda part, found: noted.append((part, found)), separator)
    done = [out for part in parts for out in masker.take(part)]
    done += masker.rest()
    assert [(part.owner, len(part.data)) for part in done] == list(enumerate(sizes))
    if not separator:
        assert b"".join(part.data for part in done) == masked(body, find(body), SALT)
        ((part, found),) = noted
        assert found.secret == SECRET
        assert part.marks[0][2] == "anthropic-key"


def test_messages_are_not_joined_within_a_word() -> None:
    noted: list[Part] = []
    masker = BodyMasker(SALT, lambda part, _: noted.append(part), b"\n")
    for half in (SECRET[:12], SECRET[12:]):
        assert list(masker.take(Part(0.0, half))) == []
    assert [part.data for part in masker.rest()] == [SECRET[:12], SECRET[12:]]
    assert noted == []
