import pytest
from protocol_samples import SAMPLES, langchain
from said import Said, answer_of, name_of

from ssetape.protocols import langserve

META: Said = ("metadata", {"run_id": "r"})


def op(value: object) -> Said:
    return "data", {"ops": [{"op": "add", "path": "/streamed_output/-", "value": value}]}


@pytest.mark.parametrize(
    "said",
    [
        SAMPLES["langserve"].said,
        [META, ("data", '"Red"'), ("data", '" fox"')],
        [META, ("data", {"output": "Red"}), ("data", {"answer": " fox"})],
        [META, ("data", {"output": langchain("Red fox")})],
        [("data", {"ops": [{"op": "replace", "path": "", "value": {}}]}), op("Red"), op(" fox")],
        [op(langchain("Red")), op(langchain(" fox"))],
        [("data", {"event": "on_chat_model_stream", "data": {"chunk": langchain("Red fox")}})],
        [("data", langchain("Red fox"))],
    ],
)
def test_every_endpoint(said: list[Said]) -> None:
    answer = answer_of(langserve, *said, ("end", ""))
    assert (answer.text, answer.done) == ("Red fox", "end")
    assert name_of(*said) == "langserve"


def test_other_outputs_and_errors() -> None:
    answer = answer_of(
        langserve, ("data", {"a": 1}), ("error", {"status_code": 500, "message": "no"})
    )
    assert (answer.parts, answer.error) == ([("output", {"a": 1})], "no")
    assert answer_of(langserve, ("error", "Internal Server Error")).error == "Internal Server Error"
