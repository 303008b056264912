from collections.abc import Callable
from pathlib import Path

import pytest

from ssetape.capture import Capture
from ssetape.errors import CaptureError
from ssetape.exports import parquet
from ssetape.library import open_all
from ssetape.measures.measure import measure
from ssetape.measures.quantiles import median
from ssetape.tables.rows import Exchange
from ssetape.tables.said import Said, said
from ssetape.tables.sql import on_captures, on_data_set

Open = Callable[..., Capture]
Write = Callable[..., Path]

FIRST_TEXTS_S = {"small": (0.202, 0.222, 0.3, 0.1), "large": (1, 1.5, 4.25)}


def chunks(
    model: str, first_text_s: float, text: str = "caf\\u00e9 au"
) -> list[tuple[float, bytes]]:
    piece = '{"model":"%s","choices":[{"index":0,"delta":{"content":"%s"}}]}'
    return [
        (first_text_s, f"data: {piece % (model, text)}\n\n".encode()),
        (first_text_s + 0.5, f"data: {piece % (model, ' lait')}\n\n".encode()),
        (first_text_s + 0.6, b'data: {"choices":[],"usage":{"completion_tokens":7}}\n\n'),
    ]


def test_what_stats_knows(capture: Open) -> None:
    opened = capture(chunks("m", 1))
    assert said(opened) == Said("openai-chat", "m", 1.0, 1.5, 7, True, 14.0, "café au lait")
    assert type(said(opened).first_text_s) is float


def test_of_an_unknown_protocol_nothing_is_known(capture: Open) -> None:
    assert said(capture([(0.5, b"data: {}\n\n")])) == Said()


def test_of_a_damaged_capture_nothing_is_told_but_the_damage(capture: Open) -> None:
    damaged = capture(chunks("m", 1), end=None, tail=b"damage\n[9.0,")
    with pytest.raises(CaptureError):
        said(damaged)
    exchange = Exchange(damaged)
    assert exchange.row(["protocol", "text", "events"]) == (None, None, 3)
    assert len(exchange.problems) == 1


def test_half_a_character_can_be_stored(capture: Open) -> None:
    found = said(capture(chunks("m\\ud83d", 1, "a\\ud83d")))
    assert (found.model, found.text) == ("m?", "a\ufffd lait")


@pytest.fixture
def captures(capture_file: Write, tmp_path: Path) -> Path:
    folder = tmp_path / "captures"
    folder.mkdir()
    for model, times_s in FIRST_TEXTS_S.items():
        for t_s in times_s:
            capture_file(chunks(model, t_s)).rename(folder / f"{model}-{t_s}.ssetape")
    capture_file([(0.5, b"data: {}\n\n")]).rename(folder / "unknown.ssetape")
    return folder


def test_sql_gives_the_numbers_of_stats(captures: Path, tmp_path: Path) -> None:
    pytest.importorskip("duckdb")
    figures = "quantile_cont(first_text_s, 0.5), max(last_text_s), sum(tokens), min(tokens_per_s)"
    sql = f"select model, {figures} from exchanges group by model order by model nulls last"
    right: list[tuple[object, ...]] = []
    for model in sorted(FIRST_TEXTS_S):
        made = [measure(each) for each in open_all([captures], []) if model in each.name]
        texts = [each.milestones.first_text_s or 0.0 for each in made]
        last_s = max(each.milestones.last_text_s or 0.0 for each in made)
        per_s = min(each.tokens_per_s or 0.0 for each in made)
        right.append((model, pytest.approx(median(texts)), last_s, 7 * len(made), per_s))
    right.append((None, None, None, None, None))
    with on_captures(sql, lambda: open_all([captures], []), []) as result:
        assert list(result.rows) == right
    lake = tmp_path / "lake"
    lake.mkdir()
    parquet.write_folder(open_all([captures], []), lake)
    with on_data_set(sql, lake) as result:
        assert list(result.rows) == right
