"""The main job from outside: a process of its own, HTTP only, what spec and documents promise to a client."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest
from pypdf import PdfReader

from tests.web.firing import posted, texts

PASSWORD = "correct-horse-battery-staple-9"
COUNTS = {(1, 1): 450, (1, 0): 180, (0, 0): 1750, (0, 1): 120}  # (decided, happened): the worked example


@dataclass(frozen=True, slots=True)
class Served:
    """A running application, its first administrator's link and a way to call its command."""

    url: str
    welcome: str
    command: Callable[..., str]
    open_clients: ExitStack

    def client(self, **options: Any) -> httpx.Client:
        return self.open_clients.enter_context(httpx.Client(base_url=self.url, timeout=30, **options))

    def api(self, *scopes: str) -> httpx.Client:
        arguments = [part for scope in scopes for part in ("--scope", scope)]
        token = self.command("token", "create", *arguments).split()[-1]
        return self.client(headers={"Authorization": f"Bearer {token}"})


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with tempfile.TemporaryDirectory(prefix="mission-control-") as name:
        folder, port = Path(name), _free_port()
        folder.chmod(0o755)
        environment = {**os.environ, "MC_DATA_DIR": name, "MC_PORT": str(port)}
        environment.pop("MC_DATABASE_URL", None)

        def command(*arguments: str) -> str:
            line = [sys.executable, "-m", "webapp.cli.main", *arguments]
            return subprocess.run(line, env=environment, capture_output=True, text=True, check=True).stdout

        line, log = [sys.executable, "-m", "webapp.cli.main", "run"], folder / "test.log"
        with (
            log.open("w") as said,
            subprocess.Popen(line, env=environment, stdout=subprocess.PIPE, stderr=said) as process,
        ):
            try:
                assert process.stdout is not None
                link = _first(process.stdout, rb"at (http://\S+/welcome/\S+)")
                assert link, f"the application did not start: {log.read_text()[-2000:]}"
                with ExitStack() as clients:
                    yield Served(f"http://127.0.0.1:{port}", link, command, clients)
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(40)


def test_the_main_job(served: Served) -> None:
    root = _first_administrator(served)
    erin = _invited(served, root, "erin", role="executive")
    ingest, write, alerts = served.api("ingest:*"), served.api("write"), served.api("alerts")

    _send_the_worked_example(ingest, write)
    _expect_the_worked_figures(served, write, erin)

    alert = _send_drift_and_wait(ingest, write, alerts)
    _be_refused(served, erin, root, alert)
    _acknowledge_once(alerts, served, alert)
    _nothing_is_open_to_strangers(served)


def _send_the_worked_example(ingest: httpx.Client, write: httpx.Client) -> None:
    now = datetime.now(UTC)
    money = {
        "valid_from": (now - timedelta(days=300)).isoformat(),
        "customer_value": 1200,
        "contact_cost": 50,
        "save_rate": 1.0,
        "currency": "USD",
        "running_cost_monthly": 0,
    }
    registered = write.put(
        "/api/v1/models/worked",
        json={"title": "Worked example", "task": "binary", "positive_class": "1", "threshold": 0.5, "business": money},
    )
    assert registered.status_code in {200, 201}, registered.text
    predictions, outcomes, number = [], [], 0
    for (decided, happened), count in COUNTS.items():
        for _ in range(count):
            number += 1
            at = now - timedelta(minutes=number % 50 + 1)
            name = f"w-{number}"
            predictions.append(
                {"model": "worked", "version": "v1", "prediction_id": name, "at": at.isoformat(), "predicted": decided}
                | {"score": 0.9 if decided else 0.1, "features": {"tenure": number % 60}}
            )
            outcomes.append({"model": "worked", "prediction_id": name, "actual": happened, "at": now.isoformat()})
    for path, key, items in (("predictions", "predictions", predictions), ("outcomes", "outcomes", outcomes)):
        for _ in range(2):  # the second time is a retry: nothing changes
            answer = ingest.post(f"/api/v1/{path}", json={key: items})
            assert answer.status_code == 202, answer.text
        assert answer.json()["duplicates"] == 2500


def _expect_the_worked_figures(served: Served, write: httpx.Client, erin: httpx.Client) -> None:
    names = "accuracy,precision,recall,customers_saved,revenue_protected,retention_cost,roi,return_multiple"
    end = datetime.now(UTC)
    window = {"from": (end - timedelta(hours=2)).isoformat(), "to": end.isoformat(), "step": "1d"}
    answer = write.get("/api/v1/models/worked/metrics", params={"names": names, **window})
    assert answer.status_code == 200, answer.text
    found = {
        each["metric"]: next(point["value"] for point in each["points"] if point["value"] is not None)
        for each in answer.json()["series"]
    }
    assert found["accuracy"] == pytest.approx(0.88)
    assert found["precision"] == pytest.approx(450 / 630)
    assert found["recall"] == pytest.approx(450 / 570)
    assert found["customers_saved"] == 450
    assert found["revenue_protected"] == pytest.approx(540_000)
    assert found["roi"] == pytest.approx(1614.2857, abs=1e-3)
    page = {"Referer": f"{served.url}/executive?model=worked&range=7d"}
    screen = erin.get("/_dash-layout", headers=page).text
    month = f"{end:%Y-%m}"
    download = erin.get("/reports/download", params={"model": "worked", "month": month, "format": "pdf"})
    assert download.status_code == 200, download.text
    text = " ".join(page.extract_text() for page in PdfReader(BytesIO(download.content)).pages)
    for figure in ("88.0", "71.4", "78.9", "540,000", "1,614.3"):
        assert figure in screen, f"the executive screen does not show {figure}"
        assert figure in text, f"the PDF does not show {figure}"


def _send_drift_and_wait(ingest: httpx.Client, write: httpx.Client, alerts: httpx.Client) -> str:
    rng, now = Random(1), datetime.now(UTC)
    calm = [_churn(rng, f"c-{n}", now - timedelta(days=3, seconds=n), shift=0) for n in range(2000)]
    assert ingest.post("/api/v1/predictions", json={"predictions": calm}).json()["accepted"] == 2000
    window = {"from": (now - timedelta(days=4)).isoformat(), "to": (now - timedelta(days=1)).isoformat()}
    made = write.post("/api/v1/models/churn/baseline", json=window)
    assert made.status_code in {200, 201}, made.text
    drifted = [_churn(rng, f"d-{n}", now - timedelta(seconds=n / 10), shift=80) for n in range(2000)]
    assert ingest.post("/api/v1/predictions", json={"predictions": drifted}).json()["accepted"] == 2000

    until = time.monotonic() + 45  # two intervals of fifteen seconds, and the slot that was just missed
    while time.monotonic() < until:
        found = alerts.get("/api/v1/alerts", params={"status": "open", "model": "churn"}).json()["alerts"]
        for each in found:
            if each["type"] == "data_drift":
                return str(each["id"])
        time.sleep(0.5)
    raise AssertionError("no drift alert within two intervals")


def _acknowledge_once(alerts: httpx.Client, served: Served, alert: str) -> None:
    other = served.api("alerts")
    assert alerts.post(f"/api/v1/alerts/{alert}/acknowledge").status_code == 200
    second = other.post(f"/api/v1/alerts/{alert}/acknowledge")
    assert second.status_code == 409
    assert "command line" in second.json()["detail"], "the refusal names who was first"
    done = alerts.post(f"/api/v1/alerts/{alert}/resolve", json={"reason": "expected_change", "note": "prices rose"})
    assert done.status_code == 200, done.text


def _be_refused(served: Served, erin: httpx.Client, root: httpx.Client, alert: str) -> None:
    """An executive may look and not touch, whichever way it is tried; nor may a token to read, or nobody."""
    deed = {"deed": "acknowledge", "ids": [alert]}
    by_hand = posted(root.get("/_dash-dependencies").json(), "inbox-acknowledge.data", inbox_acknowledge=deed)
    tries = [
        erin.post(f"/api/v1/alerts/{alert}/acknowledge", headers=_csrf(erin)),
        erin.post("/_dash-update-component", json=by_hand, headers=_csrf(erin)),
        served.api("read").post(f"/api/v1/alerts/{alert}/acknowledge"),
    ]

    assert [each.status_code for each in tries] == [403] * 3
    for each in tries:
        assert "alerts:acknowledge" in each.json()["detail"], "it is the permission that is missing"
    offered = [each["output"] for each in erin.get("/_dash-dependencies").json()]
    assert by_hand["output"] not in offered, "nor is an executive told that it can be done"
    assert served.client().post(f"/api/v1/alerts/{alert}/acknowledge").status_code == 401
    seen = erin.get(f"/api/v1/alerts/{alert}")
    assert (seen.status_code, seen.json()["status"]) == (200, "open")


def _nothing_is_open_to_strangers(served: Served) -> None:
    stranger = served.client()
    for path in ("/", "/executive", "/alerts", "/_dash-layout", "/_dash-dependencies", "/api/v1/models", "/nowhere"):
        answer = stranger.get(path)
        assert answer.status_code in {302, 401, 403, 404}, path
    assert stranger.get("/login").status_code == 200
    assert stranger.get("/livez").status_code == 200


def _first_administrator(served: Served) -> httpx.Client:
    return _signed_up(served, served.welcome, email="root@example.com", name="Root")


def _invited(served: Served, root: httpx.Client, name: str, *, role: str) -> httpx.Client:
    """Let the administrator invite somebody on screen, and let them come in by the link that it shows."""
    written = {"users_invite_email": f"{name}@example.com", "users_invite_name": name, "users_invite_roles": [role]}
    body = posted(root.get("/_dash-dependencies").json(), "users-invite-send.n_clicks", **written)
    answer = root.post("/_dash-update-component", json=body, headers=_csrf(root))
    assert answer.status_code == 200, answer.text
    link = re.search(r"http://\S+/invitation/[\w-]+", texts(answer.json()["response"]))
    assert link is not None, answer.text
    return _signed_up(served, link[0])


def _signed_up(served: Served, link: str, **fields: str) -> httpx.Client:
    """Choose a password at a link that works once."""
    client = served.client()
    token = re.search(r'name="?csrf_token"? value="([^"]+)"', client.get(link).text)
    assert token is not None
    answer = client.post(link, data={"csrf_token": token[1], "password": PASSWORD, **fields})
    assert answer.status_code == 303, answer.text
    assert served.client().get(link).status_code == 404, "the link works once"
    return client


def _csrf(client: httpx.Client) -> dict[str, str]:
    """Repeat the cookie in the header, as our pages do."""
    return {"X-CSRFToken": client.cookies["_csrf_token"]}


def _churn(rng: Random, name: str, at: datetime, *, shift: float) -> dict[str, object]:
    features = {"tenure": rng.randint(0, 72), "MonthlyCharges": rng.gauss(60, 15) + shift}
    return {"model": "churn", "version": "v1", "prediction_id": name, "at": at.isoformat(), "features": features} | {
        "score": rng.random()
    }


def _first(lines: Iterable[bytes], pattern: bytes) -> str | None:
    """Return what the first line with the pattern says; None when the stream ends without."""
    found = (re.search(pattern, line) for line in lines)
    return next((each[1].decode() for each in found if each), None)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
