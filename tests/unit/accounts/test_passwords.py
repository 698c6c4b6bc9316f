"""Passwords: long and hard to guess, compared in the same time for nobody, the same on every keyboard."""

import pytest
from argon2 import PasswordHasher

from webapp.accounts.passwords import check_strength, generate, hash_password, is_password, needs_rehash
from webapp.core.errors import InvalidInputError

GOOD = "seven-otters-juggle-quietly"


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("short", "at least 15"),
        ("aaaaaaaaaaaaaaaaaaaa", "easy to guess"),
        ("passwordpassword1", "easy to guess"),
        ("missioncontrol1", "easy to guess"),
        ("x" * 129, "at most 128"),
        ("seven-otters-juggle-\ud800", "whole characters"),
    ],
)
def test_a_weak_password_is_refused_with_advice(password: str, words: str) -> None:
    with pytest.raises(InvalidInputError, match=words) as caught:
        check_strength(password)

    assert caught.value.errors[0].at == "/password"
    assert password not in caught.value.message


def test_ones_own_name_does_not_make_a_password() -> None:
    with pytest.raises(InvalidInputError):
        check_strength("ada.lovelace@example.com", words=["ada", "lovelace", "ada.lovelace@example.com"])
    check_strength(GOOD)
    check_strength("a" * 40 + GOOD + "b" * 40)


def test_a_generated_password_is_good_enough() -> None:
    made = {generate() for _ in range(20)}

    assert len(made) == 20
    for password in made:
        check_strength(password)


def test_only_the_password_itself_is_right() -> None:
    stored = hash_password(GOOD)

    assert is_password(stored, GOOD)
    assert not is_password(stored, GOOD + "x")
    assert not is_password(None, GOOD)
    assert not is_password("not a hash", GOOD)
    assert not is_password(stored, "x" * 10_000)
    assert GOOD not in stored


def test_the_same_characters_from_another_keyboard_are_the_same_password() -> None:
    composed, decomposed = "séven-otters-juggle", "séven-otters-juggle"

    assert is_password(hash_password(composed), decomposed)


def test_hashes_of_other_strength_are_made_anew() -> None:
    weaker = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1)

    assert needs_rehash(weaker.hash(GOOD))
    assert not needs_rehash(hash_password(GOOD))


def test_a_password_of_strange_characters_is_compared_too() -> None:
    assert not is_password(hash_password(GOOD), "\ud800" * 3)
