from typing import Any

import pytest

from ssetape.requests.graphql import is_graphql, normal_document, normal_request

QUERY = 'query Q($id: ID!) {\n  user(id: $id, name: "a, #b") { # who\n    name, ...F }\n}'
SHORT = 'query Q($id:ID!){user(id:$id name:"a, #b"){name ...F}}'


def test_what_means_nothing_is_left_out() -> None:
    assert normal_document(QUERY) == normal_document(SHORT)
    assert '"a, #b"' in normal_document(QUERY)
    block = '{ a(t: """x,\n # y "q" """) }'
    assert '"""x,\n # y "q" """' in normal_document(block)


@pytest.mark.parametrize("other", [QUERY.replace("a, #b", "a #b"), QUERY.replace("name,", "id,")])
def test_what_is_asked_for_counts(other: str) -> None:
    assert normal_document(QUERY) != normal_document(other)


@pytest.mark.parametrize(
    "other",
    [
        {"query": SHORT, "variables": {"id": 1}},
        {"variables": {"id": 1}, "query": QUERY, "operationName": "Q"},
        {"query": QUERY, "variables": {"id": 1}, "extensions": {"persistedQuery": {"version": 1}}},
    ],
)
def test_a_request_is_its_query_and_variables(other: Any) -> None:
    first = {"query": QUERY, "variables": {"id": 1}, "operationName": None}
    assert normal_request(first) == normal_request(other)
    assert normal_request([first]) == normal_request([other])
    assert normal_request({**first, "variables": {"id": 2}}) != normal_request(other)


def test_of_several_operations_the_name_counts() -> None:
    query = "query A { a } query B { b }"
    one, other = ({"query": query, "operationName": name} for name in "AB")
    assert normal_request(one) != normal_request(other)


@pytest.mark.parametrize(
    "value",
    [
        *({"query": "words to search for"}, {"query": "query planning"}, {"query": 1}, [], [1], 5),
        {"query": "{ a }", "other": 1},
        {"extensions": {"persistedQuery": {"sha256Hash": "x"}}},
    ],
)
def test_other_json_stays_as_it_is(value: Any) -> None:
    assert normal_request(value) == value


def test_a_document_is_recognised() -> None:
    assert is_graphql(QUERY)
    assert is_graphql("# note\n{ a }")
    assert is_graphql("subscription{a}")
    assert not is_graphql("{}x"[2:])
    assert not is_graphql("queryx { a }")
