from protocol_samples import SAMPLES
from said import answer_of, calls_of, name_of

from ssetape.protocols import baidu


def test_an_answer() -> None:
    answer = answer_of(baidu, *SAMPLES["baidu"].said)
    assert (answer.text, answer.stop, answer.done) == ("Red fox", "normal", "is_end")
    assert answer.usage["completion_tokens"] == 2


def test_a_call_its_thoughts_and_what_was_searched() -> None:
    call = {"name": "f", "thoughts": "Hm", "arguments": '{"a":1}'}
    search = {"search_results": [{"index": 1}]}
    answer = answer_of(
        baidu, {"is_end": True, "result": "", "function_call": call, "search_info": search}
    )
    assert (answer.reasoning, calls_of(answer)) == ("Hm", [("", "f", '{"a":1}')])
    assert answer.parts == [("search_info", search)]


def test_an_error() -> None:
    said = {"error_code": 18, "error_msg": "Open api qps request limit reached"}
    assert name_of(said) == "baidu"
    assert answer_of(baidu, said).error == said["error_msg"]
