"""A process of its own that sets a document with Typst: JSON in, a file out, within limits that it puts on itself.

It is run by its path and imports nothing of ours, so that it starts in a few milliseconds and knows no secrets.
"""

import json
import sys
import tempfile
from datetime import datetime

MEGABYTE = 1 << 20


def main() -> int:
    order = json.load(sys.stdin)
    _limit(memory=order["memory_megabytes"] * MEGABYTE, seconds=order["seconds"])
    import typst  # after the limits, which hold for what it takes too

    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=order["fonts"])
    with tempfile.TemporaryDirectory() as empty:
        compiler = typst.Compiler(
            input=order["template"].encode(),
            root=empty,
            font_paths=fonts,
            ignore_system_fonts=True,
            sys_inputs={"data": json.dumps(order["data"])},
        )
        options = {"format": order["format"], "timestamp": datetime.fromisoformat(order["timestamp"])}
        if order["standards"]:
            options["pdf_standards"] = order["standards"]
        try:
            made = compiler.compile(**options)
        except (typst.TypstError, ValueError) as error:
            sys.stderr.write(str(error))
            return 3
    sys.stdout.buffer.write(b"".join(made) if isinstance(made, list) else made or b"")
    return 0


def _limit(*, memory: int, seconds: int) -> None:
    """Take no more memory and time than that; where the system has no such limits, the caller's time limit remains."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    sys.exit(main())
