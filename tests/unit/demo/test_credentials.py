"""The file with the demo's sign-ins."""

import json
import stat

import pytest

from webapp.core.errors import UserError
from webapp.demo.people import Credentials, SignIn, kept

MADE = Credentials("http://127.0.0.1:8050", {"executive": SignIn("erin@demo.example", "a-b")}, {"ingest": "mc_x"})


def test_only_the_owner_can_read_the_file(tmp_path):
    path = tmp_path / "credentials.json"
    path.write_text("old")
    path.chmod(0o644)

    MADE.write(path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text()) == {
        "base_url": "http://127.0.0.1:8050",
        "users": {"executive": {"email": "erin@demo.example", "password": "a-b"}},
        "tokens": {"ingest": "mc_x"},
    }
    assert [each.name for each in tmp_path.iterdir()] == ["credentials.json"]


def test_what_was_written_is_read_again_and_anything_else_is_not(tmp_path):
    path = tmp_path / "credentials.json"

    assert kept(path) is None
    MADE.write(path)
    assert kept(path) == MADE
    path.write_text("{}")
    assert kept(path) is None


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(UserError, match="cannot be written"):
        MADE.write(tmp_path / "file" / "credentials.json")
