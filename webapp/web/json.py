"""JSON as the standard has it: no NaN, no Infinity, no half of a character, no bottomless nesting."""

from typing import Any

import orjson
from flask.json.provider import JSONProvider


class StrictJson(JSONProvider):
    def dumps(self, obj: Any, **_options: Any) -> str:
        return orjson.dumps(obj).decode()

    def loads(self, s: str | bytes, **_options: Any) -> Any:
        return orjson.loads(s)
