from ssetape.facts import Done, Reasoning, Stop, Text, ToolCall, Usage
from ssetape.measures.milestones import Milestones


def test_each_fact_marks_its_moment_once() -> None:
    made = Milestones()
    for t_s, fact in enumerate(
        [
            Text(""),
            Reasoning("hm"),
            Reasoning("hm"),
            ToolCall("1"),
            Text("a"),
            Text("b"),
            Usage({}),
            Stop("stop"),
            Done("[DONE]"),
        ]
    ):
        made.see(float(t_s), fact)
    assert made == Milestones(
        first_reasoning_s=1.0,
        first_tool_call_s=3.0,
        first_text_s=4.0,
        last_text_s=5.0,
        done_s=7.0,
    )


def test_all_have_a_name() -> None:
    made = Milestones(0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0)
    assert [t_s for _, t_s in made.named()] == [float(n) for n in range(10)]
    assert len({name for name, _ in made.named()}) == 10
