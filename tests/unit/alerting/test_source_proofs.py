"""How a sender of outside alerts proves who it is, and what is no proof."""

import base64
import hmac
import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.alerting.outside.source_format import Delivery, Keys, ProofError, SourceFormat, hash_of
from webapp.alerting.outside.source_formats.alertmanager import FORMAT as ALERTMANAGER
from webapp.alerting.outside.source_formats.generic import FORMAT as GENERIC
from webapp.alerting.outside.source_formats.grafana import FORMAT as GRAFANA
from webapp.alerting.outside.source_formats.grafana import SIGNATURE, TIMESTAMP
from webapp.alerting.outside.sources import formats

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
RECORDED = Path(__file__).resolve().parents[2] / "data" / "alertmanager-0.25-webhook.json"
EVERY = pytest.mark.parametrize("form", formats().values(), ids=formats())
CUT = 40  # characters of "… (9,000 characters more)"

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=20), inner, max_size=4),
    max_leaves=20,
)


def webhook(version: str, *alerts: object, **more: object) -> bytes:
    return json.dumps({"version": version, "alerts": list(alerts), **more}).encode()


def alert(**fields: object) -> dict[str, object]:
    return {"status": "firing", "labels": {"alertname": "X"}, "startsAt": NOW.isoformat(), **fields}


BODY = b'{"title": "x"}'
KEYS = Keys((hash_of("right"), hash_of("former")), ("right", "former"))


def sent(body: bytes = BODY, **headers: str) -> Delivery:
    return Delivery({name.replace("_", "-").lower(): value for name, value in headers.items()}, body, NOW)


def basic(password: str) -> str:
    return "Basic " + base64.b64encode(f"any:{password}".encode()).decode()


@pytest.mark.parametrize("header", ["Bearer right", "bearer former", basic("right"), basic("former")])
def test_a_password_is_taken_as_a_token_and_as_basic(header: str) -> None:
    ALERTMANAGER.verify(sent(authorization=header), KEYS)


@pytest.mark.parametrize(
    "header", ["", "Bearer wrong", "Bearer ", "Digest right", "Basic right", basic("wrong"), basic(""), "Bearer \udcff"]
)
def test_another_password_is_refused(header: str) -> None:
    with pytest.raises(ProofError):
        ALERTMANAGER.verify(sent(authorization=header), KEYS)


def hex_of(secret: str, signed: bytes) -> str:
    return hmac.new(secret.encode(), signed, sha256).hexdigest()


@pytest.mark.parametrize("secret", ["right", "former"])
def test_grafana_signs_the_body(secret: str) -> None:
    GRAFANA.verify(sent(**{SIGNATURE: hex_of(secret, BODY)}), KEYS)


def test_grafana_signs_the_time_with_the_body_where_a_header_is_named() -> None:
    keys, stamp = Keys(KEYS.hashes, KEYS.secrets, TIMESTAMP), str(int(NOW.timestamp()))
    signature = hex_of("right", f"{stamp}:".encode() + BODY)

    GRAFANA.verify(sent(**{SIGNATURE: signature, TIMESTAMP: stamp}), keys)

    with pytest.raises(ProofError, match=f"{TIMESTAMP} is missing"):
        GRAFANA.verify(sent(**{SIGNATURE: hex_of("right", BODY)}), keys)
    with pytest.raises(ProofError, match="signature"):
        GRAFANA.verify(sent(**{SIGNATURE: hex_of("right", BODY), TIMESTAMP: stamp}), keys)


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_signature_that_is_too_old_or_from_the_future_is_refused(minutes: int) -> None:
    stamp = str(int((NOW + timedelta(minutes=minutes)).timestamp()))
    signature = hex_of("right", f"{stamp}:".encode() + BODY)

    with pytest.raises(ProofError, match="5 minutes are allowed"):
        GRAFANA.verify(sent(**{SIGNATURE: signature, TIMESTAMP: stamp}), Keys((), ("right",), TIMESTAMP))


@pytest.mark.parametrize("signature", ["", "00", hex_of("wrong", BODY), hex_of("right", BODY + b" ")])
def test_a_signature_of_something_else_is_refused(signature: str) -> None:
    with pytest.raises(ProofError):
        GRAFANA.verify(sent(**{SIGNATURE: signature}), KEYS)


def test_a_wrong_signature_is_not_made_good_by_a_password() -> None:
    with pytest.raises(ProofError):
        GRAFANA.verify(sent(authorization="Bearer right", **{SIGNATURE: "00"}), KEYS)


def standard(secret: str, body: bytes = BODY, *, at: datetime = NOW, number: str = "msg_1") -> dict[str, str]:
    stamp = str(int(at.timestamp()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = base64.b64encode(hmac.new(key, f"{number}.{stamp}.".encode() + body, sha256).digest()).decode()
    return {"webhook_id": number, "webhook_timestamp": stamp, "webhook_signature": f"v1,{mac}"}


def test_standard_webhooks_are_taken_with_either_secret() -> None:
    first, second = GENERIC.new_secret(), GENERIC.new_secret()
    keys = Keys((), (first, second))

    for secret in (first, second):
        headers = standard(secret)
        GENERIC.verify(sent(**headers), keys)
        GENERIC.verify(sent(**headers | {"webhook_signature": f"v1,AAAA v2,x {headers['webhook_signature']}"}), keys)


def test_the_vector_of_standard_webhooks_holds() -> None:
    """The one of its libraries: standardwebhooks.com, test vectors."""
    body, at = b'{"test": 2432232314}', datetime.fromtimestamp(1614265330, UTC)
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }

    GENERIC.verify(Delivery(headers, body, at), Keys((), ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",)))


@pytest.mark.parametrize(
    "change",
    [
        {"webhook_id": "msg_2"},
        {"webhook_timestamp": str(int(NOW.timestamp()) + 1)},
        {"webhook_timestamp": "²"},
        {"webhook_id": ""},
        {"webhook_signature": "v1,"},
        {"webhook_signature": "v2,AAAA"},
    ],
)
def test_a_changed_standard_webhook_is_refused(change: dict[str, str]) -> None:
    secret = GENERIC.new_secret()

    with pytest.raises(ProofError):
        GENERIC.verify(sent(**standard(secret) | change), Keys((), (secret,)))


def test_a_standard_webhook_sent_again_later_is_refused() -> None:
    secret = GENERIC.new_secret()

    with pytest.raises(ProofError, match="360 s before"):
        GENERIC.verify(sent(**standard(secret, at=NOW - timedelta(minutes=6))), Keys((), (secret,)))


@EVERY
@given(header=st.text(max_size=60), name=st.sampled_from(["authorization", SIGNATURE.lower(), "webhook-signature"]))
def test_no_header_that_somebody_makes_up_is_a_proof(form: SourceFormat, header: str, name: str) -> None:
    headers = {name: header, "webhook-id": header, "webhook-timestamp": header}

    with pytest.raises(ProofError):
        form.verify(Delivery(headers, BODY, NOW), Keys((hash_of("s3cret"),), ("s3cret",)))


def test_keys_do_not_show_their_secrets() -> None:
    assert "right" not in repr(KEYS)
