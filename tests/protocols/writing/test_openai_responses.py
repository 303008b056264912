from written import events_of

from ssetape.facts import Done, Failure, Reasoning, Stop, Text, ToolCall

TOLD = [
    *("response.created", "response.in_progress", "response.output_item.added"),
    *("response.reasoning_summary_part.added", "response.reasoning_summary_text.delta"),
    *("response.reasoning_summary_text.done", "response.reasoning_summary_part.done"),
    *("response.output_item.done", "response.output_item.added", "response.content_part.added"),
    *("response.output_text.delta", "response.output_text.delta", "response.output_text.done"),
    *("response.content_part.done", "response.output_item.done", "response.output_item.added"),
    *("response.function_call_arguments.delta", "response.function_call_arguments.done"),
    *("response.output_item.done", "response.completed"),
]


def test_items_and_their_parts_begin_and_end_and_are_numbered() -> None:
    call = [ToolCall("a", "i", "f"), ToolCall("a", arguments='{"x":1}')]
    facts = [Reasoning("So"), Text("H"), Text("i"), *call, Done("")]
    events = events_of("openai-responses", facts)
    assert [name for name, _ in events] == TOLD
    assert all(name == value["type"] for name, value in events)
    assert [value["sequence_number"] for _, value in events] == [*range(len(events))]
    places = [value["output_index"] for _, value in events if "output_index" in value]
    assert places == sorted(places)
    whole = events[-1][1]["response"]
    assert [item["type"] for item in whole["output"]] == ["reasoning", "message", "function_call"]
    assert whole["output"][1]["content"][0]["text"] == "Hi"
    assert whole["output"][2]["arguments"] == '{"x":1}'


def test_an_incomplete_answer_says_why() -> None:
    *_, (name, value) = events_of("openai-responses", [Text("a"), Stop("incomplete"), Done("")])
    assert name == "response.incomplete"
    assert value["response"]["status"] == "incomplete"
    assert value["response"]["incomplete_details"] == {"reason": "max_output_tokens"}


def test_an_error_is_an_event_and_the_last() -> None:
    *_, (name, value) = events_of("openai-responses", [Text("a"), Failure("slow", None)])
    assert (name, value["message"]) == ("error", "slow")
