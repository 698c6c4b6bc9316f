"""The files of a report: the same figures in both, the same bytes each time, and names that stay names."""

import io
import re
import subprocess
from html.parser import HTMLParser

import pytest
from pypdf import PdfReader

from tests.unit.reporting import made
from webapp.core.errors import UnavailableError
from webapp.reporting import pdf as printing
from webapp.reporting.build import build
from webapp.reporting.document import Document
from webapp.reporting.html import html
from webapp.reporting.pdf import TEMPLATE, pdf

FIGURES = ("88.0%", "71.4%", "78.9%", "540,000", "1,614.3%")
LONG = "Longtoken" * 34
HOSTILE = f'<script>alert(1)</script> #read("/etc/passwd") {{{{7*7}}}} *bold* عربى 123 😀 日本 \u202eevil\x00 {LONG}'


def document(title: str = "Customer churn") -> Document:
    each = made.model_facts(model=made.model(title=title))
    return build(made.facts(each), created_at=made.NOW, created_by="ada")


@pytest.fixture(scope="module")
def printed() -> printing.Pdf:
    return pdf(document())


@pytest.fixture(scope="module")
def hostile() -> printing.Pdf:
    return pdf(document(HOSTILE))


def text_of(body: bytes) -> str:
    text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(body)).pages)
    return text.replace("\u200b", "")


class Reader(HTMLParser):
    """What a browser would see of a page: its texts, its elements and where they point."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: set[str] = set()
        self.targets: list[str] = []
        self.feed(page.decode())

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.targets += [value for name, value in attributes if name in {"src", "href", "srcset", "action"} and value]

    def handle_data(self, data):
        self.texts.append(data)


def test_paper_and_page_read_the_worked_example_alike(printed):
    paper, page = text_of(printed.body), " ".join(Reader(html(document())).texts)

    for figure in FIGURES:
        assert figure in paper, figure
        assert figure in page, figure


def test_the_pdf_is_tagged_for_screen_readers_and_for_the_archive(printed):
    reader = PdfReader(io.BytesIO(printed.body))

    assert printed.standard == "PDF/UA-1, PDF/A-2a"
    assert printed.warnings == ()
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert reader.metadata.title == "Monthly report, March 2026: Customer churn"


def test_the_same_document_always_gives_the_same_bytes(printed):
    assert pdf(document()).body == printed.body
    assert html(document()) == html(document())


def test_the_first_page_suffices_alone(printed):
    first = PdfReader(io.BytesIO(printed.body)).pages[0].extract_text()

    for needed in ("Customer churn", "March 2026", "Needs attention", "88.0%", "1,614.3%", "Attention areas"):
        assert needed in first


def test_the_files_are_small(printed):
    assert len(printed.body) < 500_000
    assert len(html(document())) < 80_000


def test_hostile_names_are_printed_as_they_are(hostile):
    text = re.sub(r"\s+", "", text_of(hostile.body))

    for literal in ("<script>alert(1)</script>", '#read("/etc/passwd")', "{{7*7}}", "*bold*"):
        assert literal in text
    assert "root:" not in text
    assert "49" not in text.split("{{7*7}}")[0][-10:]


def test_hostile_names_still_give_an_archive_pdf_with_a_word_about_missing_characters(hostile):
    assert hostile.standard == "PDF/UA-1, PDF/A-2a"
    assert "U+65E5" in hostile.warnings[0]


def test_hostile_names_of_features_stay_names_in_charts_and_tables():
    names = ("<script>x</script>", '#read("/etc/passwd")', "عربى 123", "日本", "😀 mood", "a\x00b\u202ec", LONG)
    report = made.drift_report({name: 0.5 - place / 20 for place, name in enumerate(names)})
    said = build(made.facts(made.model_facts(drift=report)), created_at=made.NOW, created_by="ada")

    paper, page = pdf(said), html(said)

    assert paper.standard == "PDF/UA-1, PDF/A-2a"
    assert "root:" not in text_of(paper.body)
    assert "script" not in Reader(page).tags


def test_no_word_leaves_the_paper(hostile, tmp_path):
    file = tmp_path / "hostile.pdf"
    file.write_bytes(hostile.body)
    try:
        done = subprocess.run(["pdftotext", "-bbox", file, "-"], capture_output=True, check=True)
    except FileNotFoundError:
        pytest.skip("pdftotext is not installed")

    found = done.stdout.decode(errors="replace")
    boxes = re.findall(r'<word xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)"', found)

    assert boxes
    for left, top, right, bottom in boxes:
        assert float(left) >= 0
        assert float(right) <= 595.3
        assert float(top) >= 0
        assert float(bottom) <= 842


def test_a_hostile_name_adds_no_element_to_the_page():
    calm, hostile = Reader(html(document())), Reader(html(document(HOSTILE)))

    assert hostile.tags == calm.tags
    assert "script" not in hostile.tags
    assert "<script>alert(1)</script>" in "".join(hostile.texts)
    assert "\u202e" not in "".join(hostile.texts)


def test_the_page_needs_no_network_and_says_so():
    page = html(document())

    assert Reader(page).targets == []
    assert b"default-src 'none'" in page
    assert b'<html lang="en">' in page
    assert b'<meta charset="utf-8">' in page
    assert not re.search(rb"(?<!xmlns=\")https?://", page.replace(b"http://www.w3.org/2000/svg", b""))


def test_the_template_fetches_no_package():
    assert "@preview" not in TEMPLATE.read_text(encoding="utf-8")
    assert "import" not in TEMPLATE.read_text(encoding="utf-8")


def test_a_month_without_data_has_both_files():
    silent = build(made.silent_facts(), created_at=made.NOW, created_by="ada")

    assert "No prediction arrived in March 2026" in text_of(pdf(silent).body).replace("\n", " ")
    assert "No prediction arrived in March 2026" in html(silent).decode()


def test_a_document_that_the_standards_refuse_is_set_without_them_and_says_so():
    made_without = pdf(document(), standards=("a-1b", "a-4"))  # no file can be both

    assert made_without.standard == "none"
    assert "Not an archive PDF" in made_without.warnings[-1]
    assert "1,614.3%" in text_of(made_without.body)


def test_a_typesetter_that_takes_too_long_is_ended():
    with pytest.raises(UnavailableError, match="The HTML report is available"):
        pdf(document(), seconds=0.001)
