"""One stream of each protocol, as its documentation or an observed stream has it."""

import json
from base64 import b64encode
from typing import Any, NamedTuple

from said import Said


class Sample(NamedTuple):
    """The messages of a stream, and what else it is recognised by."""

    said: list[Said]
    is_websocket: bool = False


def delta(**fields: Any) -> Said:
    return {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": fields}]}


def frame(value: Any) -> Said:
    return "chunk", {"bytes": b64encode(json.dumps(value).encode()).decode()}


def rpc(result: Any) -> Said:
    return {"jsonrpc": "2.0", "id": 1, "result": result}


def langchain(content: str, kind: str = "AIMessageChunk", **fields: Any) -> dict[str, Any]:
    return {"content": content, "type": kind, "id": "run-1", **fields}


def dify(event: str, **fields: Any) -> Said:
    return {"event": event, "task_id": "t", "message_id": "m", "conversation_id": "c", **fields}


def coze(event: str, **fields: Any) -> Said:
    return f"conversation.{event}", {"id": "m", "conversation_id": "c", "bot_id": "b", **fields}


def dashscope(content: str, reason: str = "null", **fields: Any) -> Said:
    message = {"role": "assistant", "content": content, **fields}
    usage = {"input_tokens": 5, "output_tokens": 2, "total_tokens": 7}
    output = {"choices": [{"message": message, "finish_reason": reason}]}
    return "result", {"output": output, "usage": usage, "request_id": "q"}


def minimax(text: str, **fields: Any) -> Said:
    said = {"sender_type": "BOT", "sender_name": "MM", "text": text}
    choice = {"messages": [said], **({"finish_reason": "stop"} if "reply" in fields else {})}
    state = {"status_code": 0, "status_msg": ""}
    return {"model": "abab6.5-chat", "reply": "", "choices": [choice], "base_resp": state, **fields}


def page(**patch: Any) -> Said:
    return patch


COMPLETION = {"stop_reason": None, "model": "claude-2.1", "stop": None, "log_id": "l"}
LIMIT = {"messageLimit": {"type": "within_limit"}}
TGI_TOKEN = {"id": 5, "logprob": -0.1, "special": False}
CHAT = {"id": "chat", "conversation_id": "c", "bot_id": "b", "last_error": {"code": 0, "msg": ""}}

# By the protocols' names. Each of the new ones says "Red fox".
SAMPLES: dict[str, Sample] = {
    "a2a": Sample(
        [
            rpc({"kind": "task", "id": "t", "contextId": "c", "status": {"state": "submitted"}}),
            rpc(
                {
                    "kind": "artifact-update",
                    "taskId": "t",
                    "artifact": {"artifactId": "a", "parts": [{"kind": "text", "text": "Red"}]},
                    "append": False,
                }
            ),
            rpc(
                {
                    "kind": "artifact-update",
                    "taskId": "t",
                    "artifact": {"artifactId": "a", "parts": [{"kind": "text", "text": " fox"}]},
                    "append": True,
                    "lastChunk": True,
                }
            ),
            rpc(
                {
                    "kind": "status-update",
                    "taskId": "t",
                    "status": {"state": "completed"},
                    "final": True,
                }
            ),
        ]
    ),
    "ag-ui": Sample(
        [
            {"type": "RUN_STARTED", "threadId": "t", "runId": "r"},
            {"type": "TEXT_MESSAGE_START", "messageId": "m", "role": "assistant"},
            {"type": "TEXT_MESSAGE_CONTENT", "messageId": "m", "delta": "Red"},
            {"type": "TEXT_MESSAGE_CONTENT", "messageId": "m", "delta": " fox"},
            {"type": "TEXT_MESSAGE_END", "messageId": "m"},
            {"type": "TOOL_CALL_START", "toolCallId": "c", "toolCallName": "f"},
            {"type": "TOOL_CALL_ARGS", "toolCallId": "c", "delta": '{"a":'},
            {"type": "TOOL_CALL_ARGS", "toolCallId": "c", "delta": "1}"},
            {"type": "TOOL_CALL_END", "toolCallId": "c"},
            {"type": "RUN_FINISHED", "threadId": "t", "runId": "r"},
        ]
    ),
    "anthropic": Sample(
        [
            ("message_start", {"type": "message_start", "message": {"model": "m"}}),
            (
                "content_block_delta",
                {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "Hi"}},
            ),
            ("message_stop", {"type": "message_stop"}),
        ]
    ),
    "baidu": Sample(
        [
            {"object": "chat.completion", "sentence_id": 0, "is_end": False, "result": "Red"},
            {
                "object": "chat.completion",
                "sentence_id": 1,
                "is_end": True,
                "result": " fox",
                "finish_reason": "normal",
                "usage": {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7},
            },
        ]
    ),
    "bedrock-converse": Sample(
        [
            ("messageStart", {"role": "assistant"}),
            ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "Hi"}}),
            ("messageStop", {"stopReason": "end_turn"}),
        ]
    ),
    "bedrock-invoke": Sample([frame({"outputs": [{"text": "Hi", "stop_reason": None}]})]),
    "chatgpt-web": Sample(
        [
            ("delta_encoding", '"v1"'),
            (
                "delta",
                {
                    "p": "",
                    "o": "add",
                    "v": {
                        "message": {
                            "id": "m",
                            "author": {"role": "assistant"},
                            "content": {"content_type": "text", "parts": ["Hi"]},
                        }
                    },
                },
            ),
        ]
    ),
    "claude-web": Sample(
        [
            ("completion", {**COMPLETION, **LIMIT, "completion": " Red"}),
            (
                "completion",
                {**COMPLETION, **LIMIT, "completion": " fox", "stop_reason": "stop_sequence"},
            ),
        ]
    ),
    "cohere": Sample(
        [
            {"type": "message-start", "delta": {"message": {"role": "assistant"}}},
            {"type": "content-delta", "delta": {"message": {"content": {"text": "Hi"}}}},
        ]
    ),
    "cohere-v1": Sample(
        [
            {"is_finished": False, "event_type": "stream-start", "generation_id": "g"},
            {"is_finished": False, "event_type": "text-generation", "text": "Red"},
            {"is_finished": False, "event_type": "text-generation", "text": " fox"},
            {
                "is_finished": True,
                "event_type": "stream-end",
                "response": {
                    "text": "Red fox",
                    "meta": {"billed_units": {"input_tokens": 5, "output_tokens": 2}},
                },
                "finish_reason": "COMPLETE",
            },
        ]
    ),
    "coze": Sample(
        [
            ("conversation.chat.created", {**CHAT, "status": "created"}),
            coze("message.delta", role="assistant", type="answer", content="Red"),
            coze("message.delta", role="assistant", type="answer", content=" fox"),
            coze("message.completed", role="assistant", type="answer", content="Red fox"),
            (
                "conversation.chat.completed",
                {
                    **CHAT,
                    "status": "completed",
                    "usage": {"token_count": 7, "output_count": 2, "input_count": 5},
                },
            ),
            ("done", '"[DONE]"'),
        ]
    ),
    "dashscope": Sample([dashscope("Red"), dashscope("Red fox"), dashscope("Red fox", "stop")]),
    "deepseek-web": Sample(
        [
            ("ready", {"request_message_id": 1, "response_message_id": 2}),
            page(v={"response": {"message_id": 2, "role": "ASSISTANT", "fragments": []}}),
            page(
                p="response/fragments",
                o="APPEND",
                v=[{"id": 1, "type": "THINK", "content": "H"}],
            ),
            page(p="response/fragments/-1/content", o="APPEND", v="m"),
            page(v="."),
            page(
                p="response",
                o="BATCH",
                v=[
                    {
                        "p": "fragments",
                        "o": "APPEND",
                        "v": [{"id": 2, "type": "RESPONSE", "content": "Red"}],
                    },
                    {"p": "has_pending_fragment", "v": False},
                ],
            ),
            page(p="response/fragments/1/content", o="APPEND", v=" f"),
            page(v="ox"),
            page(
                p="response",
                o="BATCH",
                v=[
                    {"p": "status", "v": "FINISHED"},
                    {"p": "accumulated_token_usage", "v": 115},
                ],
            ),
            ("finish", {}),
            ("title", {"content": "Foxes"}),
            ("close", {"click_behavior": "none"}),
        ]
    ),
    "dify": Sample(
        [
            dify("workflow_started"),
            dify("message", answer="Red"),
            dify("message", answer=" fox"),
            dify(
                "message_end",
                metadata={"usage": {"prompt_tokens": 5, "completion_tokens": 2}},
            ),
        ]
    ),
    "gemini": Sample([{"candidates": [{"content": {"parts": [{"text": "Hi"}]}}]}]),
    "gemini-interactions": Sample(
        [{"event_type": "step.delta", "index": 0, "delta": {"type": "text", "text": "Hi"}}]
    ),
    "grok-web": Sample([{"result": {"token": "Hi", "isThinking": False}}]),
    "json-error": Sample([{"error": {"code": 404, "message": "no such model"}}]),
    "langflow": Sample(
        [
            {
                "event": "add_message",
                "data": {"sender": "User", "text": "Say it", "id": "u", "error": False},
            },
            {"event": "token", "data": {"chunk": "Red", "id": "m"}},
            {"event": "token", "data": {"chunk": " fox", "id": "m"}},
            {
                "event": "add_message",
                "data": {"sender": "Machine", "text": "Red fox", "id": "m", "error": False},
            },
            {"event": "end", "data": {"result": {"session_id": "s", "message": "Red fox"}}},
        ]
    ),
    "langgraph": Sample(
        [
            ("metadata", {"run_id": "r", "attempt": 1}),
            ("messages", [langchain("Red"), {"langgraph_node": "agent"}]),
            (
                "messages",
                [
                    langchain(" fox", usage_metadata={"input_tokens": 5, "output_tokens": 2}),
                    {"langgraph_node": "agent"},
                ],
            ),
            (
                "values",
                {
                    "messages": [
                        langchain("an older one", "ai") | {"id": "run-0"},
                        {"type": "human", "content": "Say it"},
                        langchain("Red fox", "ai"),
                    ]
                },
            ),
            ("end", ""),
        ]
    ),
    "langserve": Sample(
        [
            ("metadata", {"run_id": "r"}),
            ("data", langchain("Red")),
            ("data", langchain(" fox")),
            ("end", ""),
        ]
    ),
    "llamacpp": Sample(
        [
            {"index": 0, "content": "Red", "tokens": [1], "stop": False},
            {"index": 0, "content": " fox", "tokens": [2], "stop": False},
            {
                "index": 0,
                "content": "",
                "stop": True,
                "stop_type": "eos",
                "model": "m.gguf",
                "tokens_predicted": 2,
                "tokens_evaluated": 5,
            },
        ]
    ),
    "mcp": Sample([rpc({"content": [{"type": "text", "text": "Hi"}]})]),
    "minimax": Sample(
        [
            minimax("Red"),
            minimax(" fox"),
            minimax("Red fox", reply="Red fox", usage={"total_tokens": 7}),
        ]
    ),
    "ollama": Sample([{"model": "m", "response": "Hi", "done": False}]),
    "openai-assistants": Sample(
        [("thread.message.delta", {"delta": {"content": [{"text": {"value": "Hi"}}]}})]
    ),
    "openai-chat": Sample([delta(role="assistant"), delta(content="Hi"), "[DONE]"]),
    "openai-realtime": Sample(
        [
            {"type": "session.created", "session": {"model": "m"}},
            {"type": "response.create"},
            {"type": "response.created", "response": {"object": "realtime.response"}},
            {"type": "response.output_text.delta", "delta": "Hi"},
            {"type": "response.done", "response": {"status": "completed"}},
        ],
        is_websocket=True,
    ),
    "openai-responses": Sample(
        [
            {"type": "response.create", "model": "m", "input": []},
            {"type": "response.created", "response": {"model": "m", "output": []}},
            {"type": "response.output_text.delta", "output_index": 0, "delta": "Hi"},
            {"type": "response.completed", "response": {"status": "completed"}},
        ]
    ),
    "openai-transcription": Sample([{"type": "transcript.text.delta", "delta": "Hi"}]),
    "plain-text": Sample([("output", "Hi"), ("done", "")]),
    "tgi": Sample(
        [
            {"index": 1, "token": {**TGI_TOKEN, "text": "Red"}, "generated_text": None},
            {"index": 2, "token": {**TGI_TOKEN, "text": " fox"}, "generated_text": None},
            {
                "index": 3,
                "token": {**TGI_TOKEN, "text": "</s>", "special": True},
                "generated_text": "Red fox",
                "details": {"finish_reason": "eos_token", "generated_tokens": 3},
            },
        ]
    ),
    "triton": Sample(
        [
            {"model_name": "m", "model_version": "1", "text_output": "Red"},
            {"model_name": "m", "model_version": "1", "text_output": " fox"},
        ]
    ),
    "vercel-data": Sample([("", '0:"Hi"'), ("", 'd:{"finishReason":"stop"}')]),
    "vercel-ui": Sample([{"type": "start"}, {"type": "text-delta", "id": "1", "delta": "Hi"}]),
    "watsonx": Sample([{"model_id": "m", "results": [{"generated_text": "Hi"}]}]),
    "writer": Sample([{"value": "Hi"}]),
}
