from ssetape.showing.table import table_lines

HEADINGS = ("time", "said", "file")
ROWS = [("1.5", "hello there, you", "/captures/a.ssetape"), ("12", "日本", "/captures/b.ssetape")]


def test_columns_are_aligned_and_whole() -> None:
    assert table_lines(HEADINGS, ROWS, ("time",), {"said": 10}) == (
        [
            "time  said              file",
            " 1.5  hello there, you  /captures/a.ssetape",
            "  12  日本              /captures/b.ssetape",
        ],
        [],
    )


def test_a_width_cuts_what_may_be_cut_and_leaves_out_what_gives_way() -> None:
    lines, left_out = table_lines(
        HEADINGS, ROWS, ("time",), {"said": 10}, gives_way=["time"], width=32
    )
    assert left_out == ["time"]
    assert lines[1] == "hello ther…  /captures/a.ssetape"


def test_a_path_begins_at_the_window_s_edge_and_is_relative_to_a_folder() -> None:
    lines, _ = table_lines(HEADINGS, ROWS, path="file", width=30, folder="/captures/")
    assert lines[1] == "1.5   hello there, you  a.ssetape".replace("  a.", " " * 8 + "a.")


def test_no_terminal_obeys_a_cell() -> None:
    assert table_lines(("a",), [("\x1b[2J\n",)]) == (["a", "\\x1b[2J\\n"], [])
