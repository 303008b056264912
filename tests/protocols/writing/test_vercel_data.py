from written import answer_in, lines_of


def test_each_part_has_its_code() -> None:
    assert lines_of("vercel-data", answer_in("vercel-data")) == [
        'f:{"messageId":"msg-0123456789abcdef01234567"}',
        'g:"So"',
        '0:"H"',
        '0:"i"',
        'b:{"toolCallId":"call","toolName":"f"}',
        'c:{"toolCallId":"call","argsTextDelta":"{\\"x\\":1}"}',
        '9:{"toolCallId":"call","toolName":"f","args":{"x":1}}',
        'e:{"finishReason":"stop","usage":{"tokens":9},"isContinued":false}',
        'd:{"finishReason":"stop","usage":{"tokens":9}}',
    ]


def test_an_error_is_the_last_that_is_said() -> None:
    *_, last = lines_of("vercel-data", answer_in("vercel-data", error="too slow"))
    assert last == '3:"too slow"'
