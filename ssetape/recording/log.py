"""The log of the recorder and of replays inside mitmproxy, on lines that no terminal obeys.

Messages quote URLs, errors and file names from anywhere, and mitmdump prints them as they are.
"""

import logging

from ssetape.output.printable import printable


class _Printable(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = printable(record.getMessage()), ()
        return True


logger = logging.getLogger("ssetape")
logger.addFilter(_Printable())
