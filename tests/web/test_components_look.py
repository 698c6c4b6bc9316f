"""What the eye needs, computed: contrast in both themes, icons that exist, fonts and scripts that are ours."""

import re
from collections.abc import Iterator
from pathlib import Path

import plotly.offline
import pytest

from webapp.figures.theme import COLOURS

ROOT = Path(__file__).parents[2]
ASSETS = ROOT / "assets"
TOKEN = re.compile(r"--(mc-[\w-]+):\s*light-dark\((#[0-9a-f]{6}),\s*(#[0-9a-f]{6})\)")
TOKENS = {name: (light, dark) for name, light, dark in TOKEN.findall((ASSETS / "tokens.css").read_text())}
THEMES = {"light": 0, "dark": 1}
OWN_STYLES = sorted(set(ASSETS.glob("*.css")) - set(ASSETS.glob("00-*.css")))

TEXT_ON = [
    *[(ink, ground) for ink in ("mc-ink", "mc-ink-quiet") for ground in ("mc-ground", "mc-panel", "mc-raised")],
    *[(ink, "mc-hover") for ink in ("mc-ink", "mc-ink-quiet")],
    *[(ink, "mc-sunken") for ink in ("mc-ink", "mc-ink-quiet")],
    ("mc-ink", "mc-chosen"),
    *[("mc-ink-link", ground) for ground in ("mc-ground", "mc-panel", "mc-raised", "mc-accent-faint", "mc-chosen")],
    *[(f"mc-{tone}", ground) for tone in ("good", "warning", "critical") for ground in ("mc-ground", "mc-panel")],
    *[(f"mc-{tone}", f"mc-{tone}-faint") for tone in ("good", "warning", "critical")],
    ("mc-high", "mc-panel"),
    ("mc-high", "mc-hover"),
    ("mc-on-primary", "mc-primary"),
    ("mc-on-primary", "mc-primary-hover"),
    ("mc-on-danger", "mc-danger"),
    ("mc-on-danger", "mc-danger-hover"),
    ("mc-on-alarm", "mc-alarm"),
    *[("mc-nav-ink", ground) for ground in ("mc-nav", "mc-nav-hover")],
    *[("mc-nav-ink-strong", ground) for ground in ("mc-nav", "mc-nav-hover", "mc-nav-chosen")],
    ("mc-nav-group", "mc-nav"),
]
SHAPES_ON = [
    *[("mc-border-strong", ground) for ground in ("mc-panel", "mc-ground", "mc-raised")],
    *[("mc-focus", ground) for ground in ("mc-panel", "mc-ground", "mc-raised")],
    ("mc-primary", "mc-panel"),
]


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("ink", "ground"), TEXT_ON)
def test_text_can_be_read(ink, ground, theme):
    side = THEMES[theme]

    assert contrast(TOKENS[ink][side], TOKENS[ground][side]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("shape", "ground"), SHAPES_ON)
def test_edges_and_rings_can_be_seen(shape, ground, theme):
    side = THEMES[theme]

    assert contrast(TOKENS[shape][side], TOKENS[ground][side]) >= 3


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("colour", [*COLOURS.series, COLOURS.good, COLOURS.warning, COLOURS.critical, COLOURS.ink])
def test_lines_of_a_chart_can_be_seen_in_both_themes(colour, theme):
    assert contrast(colour, TOKENS["mc-panel"][THEMES[theme]]) >= 3


@pytest.mark.parametrize("colour", [COLOURS.good, COLOURS.warning, COLOURS.critical, COLOURS.ink])
def test_notes_in_a_chart_take_the_colour_of_the_theme(colour):
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))

    assert f'"rgb({red}, {green}, {blue})"' in (ASSETS / "components.css").read_text()


def test_every_colour_that_is_used_is_defined():
    defined = set(re.findall(r"--(mc-[\w-]+):", "".join(style.read_text() for style in OWN_STYLES)))
    used = {name for style in OWN_STYLES for name in re.findall(r"var\(--(mc-[\w-]+)\)", style.read_text())}

    assert used - defined <= {"mc-spark"}  # comes with each sparkline


def test_every_icon_that_is_named_is_drawn():
    drawn = set(re.findall(r"\.mc-icon-([\w-]+)", (ASSETS / "icons.css").read_text()))

    assert set(named_icons()) - drawn == set()


def named_icons() -> Iterator[str]:
    named = re.compile(r"""(?:\bicon\(|picture=|icon=)\s*["']([a-z0-9-]+)["']""")
    for source in (ROOT / "webapp" / "web").rglob("*.py"):
        yield from named.findall(source.read_text())
    for page in [*(ROOT / "webapp" / "web" / "templates").glob("*.html"), *ASSETS.glob("*.js")]:
        yield from re.findall(r"mc-icon-([a-z0-9-]+[a-z0-9])", page.read_text())


def test_styles_name_files_that_exist_and_nothing_elsewhere():
    for style in sorted(ASSETS.glob("*.css")):
        for address in re.findall(r"url\(\"?([^\")]+)\"?\)", style.read_text()):
            if not address.startswith("data:"):
                assert (ASSETS / address.partition("?")[0]).is_file(), f"{style.name}: {address}"


def test_the_chart_library_is_the_one_that_plotly_speaks_to():
    head = (ASSETS / "vendor" / "plotly-cartesian.min.js").read_text()[:300]

    assert f"v{plotly.offline.get_plotlyjs_version()}" in head


def test_what_is_not_ours_has_its_licence_beside_it():
    assert "SIL Open Font License" in (ASSETS / "fonts" / "OFL.txt").read_text()
    for name in ("vendor/LICENSE.plotly.txt", "vendor/LICENSE.bootstrap.txt", "icons/LICENSE.lucide.txt"):
        assert (ASSETS / name).stat().st_size > 500


def test_pages_before_the_door_run_no_script():
    for page in (ROOT / "webapp" / "web" / "templates").glob("*.html"):
        if page.name != "index.html":
            assert not re.search(r"<script|\son\w+=|javascript:", page.read_text()), page.name
