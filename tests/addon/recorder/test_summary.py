from pathlib import Path

from proxies import Exchange, Mitmdump, Origin, fetch


def test_mitmdump_says_at_its_end_what_it_saw(
    confdir: Path, origin: Origin, tmp_path: Path
) -> None:
    def page(exchange: Exchange) -> None:
        exchange.head("Content-Type: text/html")
        exchange.end()

    with Mitmdump(confdir, tmp_path) as mitmdump:
        fetch(mitmdump.port, origin.serve(page))
    line = "1 response came that does not stream (HTML 200): --set tape_all=true records it"
    assert line in mitmdump.log
    with Mitmdump(confdir, tmp_path) as mitmdump:
        assert mitmdump.port
    assert "nothing came: check that the program uses the proxy" in mitmdump.log
