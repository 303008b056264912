from typing import Any

from said import answer_of, calls_of, facts_of, name_of

from ssetape.facts import Text
from ssetape.protocols import chatgpt_web


def message(id: str, text: str, role: str = "assistant", **fields: Any) -> dict[str, Any]:
    content = {"content_type": fields.pop("content_type", "text"), "parts": [text]}
    return {"message": {"id": id, "author": {"role": role}, "content": content, **fields}}


def delta(**fields: Any) -> tuple[str, dict[str, Any]]:
    return "delta", fields


START = ("delta_encoding", '"v1"')


def test_patches_make_an_answer() -> None:
    answer = answer_of(
        chatgpt_web,
        START,
        delta(p="", o="add", v=message("u", "asked", "user"), c=0),
        delta(v=message("a", "", metadata={"model_slug": "m"}), c=1),
        delta(p="/message/content/parts/0", o="append", v="Hel"),
        delta(v="lo"),
        {"type": "title_generation", "title": "x"},
        delta(
            p="",
            o="patch",
            v=[
                {"p": "/message/content/parts/0", "o": "append", "v": "."},
                {
                    "p": "/message/metadata",
                    "o": "append",
                    "v": {"finish_details": {"type": "stop"}},
                },
            ],
        ),
        {"type": "message_stream_complete"},
        "[DONE]",
    )
    assert (answer.text, answer.stop, answer.model) == ("Hello.", "stop", "m")
    assert (answer.role, answer.done) == ("assistant", "message_stream_complete")


def test_text_comes_as_what_each_message_adds() -> None:
    said = [message("a", text) for text in ("", "Hel", "Hello", "Hello", "Help")]
    facts = [fact for fact in facts_of(chatgpt_web, *said) if isinstance(fact, Text)]
    assert facts == [Text("Hel"), Text("lo"), Text("Help", replaces=True)]


def test_the_answer_is_the_last_message_to_everybody() -> None:
    thoughts = {"content_type": "thoughts", "thoughts": [{"content": "hm"}]}
    answer = answer_of(
        chatgpt_web,
        {"message": {"id": "t", "author": {"role": "assistant"}, "content": thoughts}},
        message("a", "let me look"),
        message("b", "search('x')", recipient="browser"),
        message("c", "found", "tool"),
        message("d", "aside", channel="commentary"),
        message("e", "It is x", channel="final"),
    )
    assert (answer.text, answer.reasoning) == ("It is x", "hm")
    assert calls_of(answer) == [("b", "browser", "search('x')")]


def test_errors_and_images() -> None:
    assert answer_of(chatgpt_web, {"detail": "too many"}).error == "too many"
    assert answer_of(chatgpt_web, {"message": None, "error": "broken"}).error == "broken"
    said = message("a", "see", content_type="multimodal_text", status="finished_successfully")
    said["message"]["content"]["parts"].append({"content_type": "image_asset_pointer"})
    answer = answer_of(chatgpt_web, said, said)
    assert answer.parts == [("image_asset_pointer", {"content_type": "image_asset_pointer"})]


def test_a_patch_that_makes_no_sense_leaves_the_rest() -> None:
    answer = answer_of(
        chatgpt_web,
        START,
        delta(p="", o="add", v=message("a", "x")),
        delta(p="/no/where", o="append", v="?"),
        delta(p="/message/content/parts/0", o="append", v="y"),
    )
    assert answer.text == "xy"


def test_it_is_recognised_by_its_first_messages() -> None:
    assert name_of(START) == "chatgpt-web"
    assert name_of(message("a", "x")) == "chatgpt-web"
    assert name_of({"message": {"content": "x"}}) is None
