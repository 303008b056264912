"""The verbs in groups, as `ssetape -h` lists them, each with what it does.

This stands here, not with each verb, so that the list is shown without importing them all.
"""

GROUPS: dict[str, dict[str, str]] = {
    "Record": {
        "record": "Record event streams through a proxy.",
        "tap": "Record from inside a browser, without a proxy.",
        "auto": "Replay what is captured, record the rest.",
        "addon": "Print the path of the mitmproxy addon.",
    },
    "Look": {
        "ls": "List captures.",
        "show": "Show a capture's messages or chunks.",
        "text": "Print the answer of a stream.",
        "view": "Show captures on a local page.",
        "tail": "Show the end of a capture, and follow one being recorded.",
        "play": "Type the answer in the terminal, in its recorded rhythm.",
        "grep": "Search the messages of many captures.",
        "query": "Query captures with SQL.",
    },
    "Replay": {
        "replay": "Serve captures exactly as recorded.",
        "verify": "Replay captures and compare with the recordings.",
        "why": "Explain which capture answers a request.",
    },
    "Make": {
        "make": "Make captures without a server.",
        "edit": "Make a capture of another, with changes.",
    },
    "Measure": {
        "stats": "Measure captures: milestones, gaps, stalls, rates.",
        "diff": "Show what changed between two captures, or sets of runs.",
    },
    "Share": {
        "scan": "Find likely secrets in captures.",
        "export": "Export captures to the formats of other tools.",
        "import": "Make captures from the recordings of other tools.",
    },
    "Help": {
        "help": "Show the help of a verb.",
        "doctor": "Check this machine, and whether a URL streams.",
        "demo": "Record, show, replay and verify streams of a sample server.",
    },
}

VERBS: dict[str, str] = {verb: does for group in GROUPS.values() for verb, does in group.items()}
