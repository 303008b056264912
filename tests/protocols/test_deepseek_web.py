from protocol_samples import SAMPLES, page
from said import answer_of, facts_of, name_of

from ssetape.protocols import deepseek_web


def test_fragments() -> None:
    answer = answer_of(deepseek_web, *SAMPLES["deepseek-web"].said)
    assert (answer.text, answer.reasoning) == ("Red fox", "Hm.")
    assert (answer.stop, answer.done, answer.role) == ("FINISHED", "finish", "ASSISTANT")
    assert answer.usage == {"accumulated_token_usage": 115}


def test_older_streams_have_one_text_of_each_kind() -> None:
    answer = answer_of(
        deepseek_web,
        page(v={"response": {"message_id": 2, "thinking_content": None, "content": ""}}),
        page(p="response/thinking_content", v="H"),
        page(o="APPEND", v="m"),
        page(p="response/search_results", o="SET", v=[{"url": "u"}]),
        page(p="response/content", o="APPEND", v="Red"),
        page(v=" fox"),
        page(p="response/status", o="SET", v="FINISHED"),
        "[DONE]",
    )
    assert (answer.text, answer.reasoning, answer.stop) == ("Red fox", "Hm", "FINISHED")
    assert answer.parts == [("search_results", [{"url": "u"}])]


def test_a_text_that_is_set_is_another() -> None:
    said = [page(p="response/content", o=o, v=v) for o, v in (("APPEND", "Red"), ("SET", "No"))]
    assert answer_of(deepseek_web, *said).text == "No"


def test_errors_and_paths_that_do_not_exist() -> None:
    hint = ("hint", {"type": "error", "content": "too fast"})
    assert answer_of(deepseek_web, hint).error == "too fast"
    assert answer_of(deepseek_web, {"code": 40003, "msg": "no session"}).error == "no session"
    bad = page(p="response/fragments/9/content", o="APPEND", v="x")
    assert facts_of(deepseek_web, bad)  # nothing says what it is: text
    known = page(p="response/fragments", o="APPEND", v=[{"type": "RESPONSE", "content": "Hi"}])
    assert answer_of(deepseek_web, known, bad).text == "Hi"


def test_patches_of_other_pages_are_not_its() -> None:
    assert name_of(page(p="/message/content", o="append", v="x")) is None
