"""The log: one line an event, its fields as key=value, and nothing of what is secret."""

import logging
import re
from typing import TextIO

STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
# Whatever looks like a token of ours, or like a password in an address, is never written.
SECRETS = ((re.compile(r"mc_[0-9a-z]{10}_[0-9a-f]{48}"), "mc_…"), (re.compile(r"(://[^:/@\s]+:)[^@\s]+@"), r"\1…@"))


class Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        fields = {name: value for name, value in record.__dict__.items() if name not in STANDARD}
        words = "".join(f" {name}={value!r}" for name, value in sorted(fields.items()))
        line = (
            f"{self.formatTime(record, '%Y-%m-%dT%H:%M:%SZ')} {record.levelname.lower()} {record.getMessage()}{words}"
        )
        if record.exc_info:
            line = f"{line}\n{self.formatException(record.exc_info)}"
        return redacted(line)


def redacted(text: str) -> str:
    for pattern, replacement in SECRETS:
        text = pattern.sub(replacement, text)
    return text


def install(stream: TextIO, *, level: int) -> None:
    """Send the log of this process to the stream; libraries speak up only when something is wrong."""
    import time

    formatter = Lines()
    formatter.converter = time.gmtime
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("webapp").setLevel(level)
