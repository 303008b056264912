from written import OPENING, answer_in, events_of

ID = OPENING.id


def test_the_text_is_an_artifact_of_a_task() -> None:
    assert events_of("a2a", answer_in("a2a")) == [
        (
            "",
            {
                "jsonrpc": "2.0",
                "id": 1,
                "result": {
                    "kind": "task",
                    "id": ID,
                    "contextId": "made",
                    "status": {"state": "submitted"},
                },
            },
        ),
        (
            "",
            {
                "jsonrpc": "2.0",
                "id": 1,
                "result": {
                    "kind": "artifact-update",
                    "taskId": ID,
                    "contextId": "made",
                    "artifact": {"artifactId": "answer", "parts": [{"kind": "text", "text": "H"}]},
                    "append": False,
                },
            },
        ),
        (
            "",
            {
                "jsonrpc": "2.0",
                "id": 1,
                "result": {
                    "kind": "artifact-update",
                    "taskId": ID,
                    "contextId": "made",
                    "artifact": {"artifactId": "answer", "parts": [{"kind": "text", "text": "i"}]},
                    "append": True,
                },
            },
        ),
        (
            "",
            {
                "jsonrpc": "2.0",
                "id": 1,
                "result": {
                    "kind": "status-update",
                    "taskId": ID,
                    "contextId": "made",
                    "status": {"state": "completed"},
                    "final": True,
                },
            },
        ),
    ]


def test_an_error_is_the_last_that_is_said() -> None:
    *_, last = events_of("a2a", answer_in("a2a", error="too slow"))
    assert last == (
        "",
        {"jsonrpc": "2.0", "id": 1, "error": {"code": -32603, "message": "too slow"}},
    )
