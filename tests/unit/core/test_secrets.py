"""What is sealed is found again with the same key, and with no other."""

import pytest

from webapp.core.errors import UserError
from webapp.core.secrets import Vault

KEY, OTHER = "k" * 48, "o" * 48


def test_what_was_sealed_is_opened_again() -> None:
    sealed = Vault(KEY).seal("whsec_planted")

    assert b"planted" not in sealed
    assert Vault(KEY).open(sealed) == "whsec_planted"


def test_sealing_twice_gives_two_texts() -> None:
    vault = Vault(KEY)

    assert vault.seal("same") != vault.seal("same")


def test_another_key_opens_nothing_and_the_sentence_names_the_setting() -> None:
    sealed = Vault(KEY).seal("planted")

    with pytest.raises(UserError, match="MC_SECRET_KEY"):
        Vault(OTHER).open(sealed)


def test_a_former_key_still_opens_and_is_replaced_by_sealing_anew() -> None:
    sealed = Vault(KEY).seal("planted")

    renewed = Vault(OTHER, KEY).reseal(sealed)

    assert Vault(OTHER).open(renewed) == "planted"


def test_what_was_changed_is_refused() -> None:
    sealed = bytearray(Vault(KEY).seal("planted"))
    sealed[-5] ^= 1

    with pytest.raises(UserError):
        Vault(KEY).open(bytes(sealed))
