"""The body of a request as bytes, unpacked when it is compressed, within the limit of its route either way."""

import zlib

from flask import request

from webapp.core.errors import InvalidInputError, TooLargeError

MAX_BYTES = 16_000_000  # of a body that unpacks to more than its route says nothing about


def body_bytes() -> bytes:
    encoding = request.headers.get("Content-Encoding", "identity").lower()
    if encoding == "identity":
        return request.get_data(cache=False)
    if encoding != "gzip":
        raise InvalidInputError(f"The encoding '{encoding[:20]}' is not understood; send gzip or nothing.")
    try:
        return _unpacked(request.get_data(cache=False))
    except zlib.error:
        raise InvalidInputError("The body is not gzip, as its Content-Encoding says.") from None


def _unpacked(packed: bytes) -> bytes:
    """Unpack one gzip member, and no more of it than the route takes; a thousand empty ones would cost a thousand."""
    most = request.max_content_length or MAX_BYTES
    stream = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    body = stream.decompress(packed, most + 1)
    if len(body) > most:
        raise TooLargeError(f"Unpacked, the body has more than {most:,} bytes; send less at once.")
    if not stream.eof:
        raise InvalidInputError("The gzip body is cut off; send it again as a whole.")
    if stream.unused_data:
        raise InvalidInputError("Something follows the gzip body; compress everything at once, into a single member.")
    return body
