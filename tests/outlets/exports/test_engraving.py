"""Scores as SVG and PDF."""

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from lxml import etree
from pypdf import PdfReader

from daemon.outlets.exports import engraving, musicxml, svg_to_pdf
from daemon.outlets.exports.table import EXPORTS
from tests.written_songs import ROCK, written_song

SVG = "{http://www.w3.org/2000/svg}"
LONG = {label: row * 60 for label, row in ROCK.items()}  # four minutes


def test_the_picture_has_every_note_of_the_score():
    root = etree.fromstring(engraving.to_svg(written_song(ROCK)))
    kinds = [each.get("class", "").split()[:1] for each in root.iter(f"{SVG}g")]
    assert kinds.count(["note"]) == sum(cell != "." for row in ROCK.values() for cell in row.replace("|", ""))
    assert kinds.count(["measure"]) == 2


def test_the_picture_says_when_each_bar_and_note_is_played():
    song = written_song(ROCK, bpm=96, first=0.4)
    root = etree.fromstring(engraving.to_svg(song))
    bars = [(float(each.get("data-start")), float(each.get("data-end"))) for each in root.iterfind(".//*[@data-start]")]
    assert bars == [(0.4, 2.9), (2.9, 5.4)]
    onsets = sorted(float(each.get("data-onset")) for each in root.iterfind(".//*[@data-onset]"))
    assert onsets == pytest.approx(sorted(song.arrangement.times), abs=0.001)


def test_swung_notes_of_the_picture_are_played_late():
    song = written_song({"ride": "x.xx.xx.xx.x|" * 8, "kick": "x.....x.....|" * 8}, bpm=120)
    root = etree.fromstring(engraving.to_svg(song))
    onsets = {float(each.get("data-onset")) for each in root.iterfind(".//*[@data-onset]")}
    assert sorted(onsets) == pytest.approx(sorted(set(song.arrangement.times)), abs=0.03)


def test_the_picture_is_the_same_in_every_thread():
    """Verovio knows where its fonts are in one thread only; in another it would draw nothing, without a word."""
    song = written_song(ROCK)
    with ThreadPoolExecutor(2) as others:
        assert set(others.map(engraving.to_svg, [song] * 4)) == {engraving.to_svg(song)}


def test_a_long_song_is_one_picture_and_several_pages(tmp_path):
    song = written_song(LONG)
    root = etree.fromstring(engraving.to_svg(song))
    assert sum(each.get("class", "").startswith("measure") for each in root.iter(f"{SVG}g")) == 120
    (tmp_path / "score.pdf").write_bytes(engraving.to_pdf(song))
    book = PdfReader(tmp_path / "score.pdf")
    assert len(book.pages) > 1 and book.metadata.title == "Song"
    assert [round(float(side) / 72 * 25.4) for side in book.pages[0].mediabox[2:]] == [210, 297]


def test_pages_that_do_not_fit_one_picture_are_piled(monkeypatch):
    monkeypatch.setattr(engraving, "_TALL", 3000)
    root = etree.fromstring(engraving.to_svg(written_song(LONG)))
    heights = [float(page.get("height").removesuffix("px")) for page in root.iter(f"{SVG}svg") if page.get("height")]
    assert len(heights) > 2 and heights[0] == pytest.approx(sum(heights[1:]))


def test_the_words_of_the_score_can_be_read_in_the_pdf(tmp_path):
    (tmp_path / "score.pdf").write_bytes(engraving.to_pdf(written_song(ROCK, bpm=93)))
    text = PdfReader(tmp_path / "score.pdf").pages[0].extract_text()
    assert "Song" in text and "Drums" in text and "93" in text


def test_every_element_that_verovio_draws_is_drawn():
    """One that is not known would be left out without a word."""
    toolkit = engraving._engrave(musicxml.write_score(written_song(LONG)))
    known = {"svg", "g", "defs", "style", "desc", "title", "symbol", "tspan", *svg_to_pdf.SHAPES}
    pages = (toolkit.renderToSVG(number + 1) for number in range(toolkit.getPageCount()))
    assert {each.tag.removeprefix(SVG) for page in pages for each in etree.fromstring(page.encode()).iter()} <= known


@pytest.mark.parametrize("name", ["score_svg", "score_pdf"])
def test_a_song_without_a_beat_has_no_score(name):
    arrangement = written_song(ROCK).arrangement
    grid = replace(arrangement.grid, confidence=0.0)
    assert "has no beat" in EXPORTS[name].object(replace(arrangement, grid=grid))


def test_without_cairo_the_svg_is_recommended(monkeypatch):
    class NoCairo:
        def find_spec(self, name, *_):
            if name == "cairocffi":
                raise OSError("no library called cairo was found")

    monkeypatch.delitem(sys.modules, "cairocffi", raising=False)
    monkeypatch.setattr(sys, "meta_path", [NoCairo(), *sys.meta_path])
    assert "Take the svg" in engraving.object_to_pdf(written_song(ROCK).arrangement)


@pytest.mark.real_time
def test_a_song_of_four_minutes_is_engraved_in_seconds():
    song, began = written_song(LONG), time.process_time()
    engraving.to_svg(song)
    assert time.process_time() - began < 4  # under 2 on an idle machine
