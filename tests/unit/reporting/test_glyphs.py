"""Which characters reach the paper."""

from webapp.reporting.glyphs import FONTS, characters_of, isolated, showable, without_orders


def test_the_fonts_have_latin_arrows_and_arabic():
    inter = characters_of((FONTS / "Inter-Regular.ttf").read_bytes())
    arabic = characters_of((FONTS / "NotoSansArabic-Regular.ttf").read_bytes())

    assert {ord(character) for character in "aé▲▼●−×÷≥≤…→"} <= inter
    assert ord("ع") in arabic


def test_a_character_without_a_shape_is_replaced_and_named():
    missing: set[str] = set()

    assert showable("Tokyo 日本", missing=missing) == "Tokyo □□"
    assert missing == {"日", "本"}


def test_orders_to_the_text_are_dropped_and_line_breaks_become_spaces():
    missing: set[str] = set()

    assert showable("a\u202eb\x00c\nd\u2066e", missing=missing) == "abc de"
    assert without_orders("a\u202eb\x00c\nd\u2066e") == "abc de"
    assert not missing


def test_emoji_stay_and_their_variation_selectors_go():
    missing: set[str] = set()

    assert showable("✈\ufe0f 😀", missing=missing) == "✈ 😀"
    assert not missing


def test_a_text_from_right_to_left_keeps_its_direction_to_itself():
    assert isolated("عربى") == "\u2068عربى\u2069"
    assert isolated("plain") == "plain"
