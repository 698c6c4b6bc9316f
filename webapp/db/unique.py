"""Names that are given once: of two who give the same at the same moment, the index decides."""

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg2.errors import UniqueViolation
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.core.errors import ConflictError


@contextmanager
def only_once(session: Session, sentence: str) -> Iterator[None]:
    """Write what the block adds or changes; where somebody was quicker with the same, say the sentence instead."""
    try:
        with session.begin_nested():
            yield
            session.flush()
    except IntegrityError as error:
        if isinstance(error.orig, UniqueViolation):
            raise ConflictError(sentence) from None
        raise
