"""What a visitor sees of the song and of the songs: overview, zoom, list, messages."""

from tests.web.test_page import box_of, drag, expect


def test_a_click_in_the_overview_moves_the_playhead_and_a_drag_only_the_view(visit, looked_at):
    page = visit(looked_at)
    strip = page.locator("#overview").bounding_box()
    page.mouse.click(strip["x"] + strip["width"] / 2, strip["y"] + 10)
    assert page.inner_text("#position-time").startswith("0:08.")
    page.click("#zoom-in")
    before = page.get_attribute("#overview-window", "style")
    drag(page, (strip["x"] + 40, strip["y"] + 10), (strip["x"] + 140, strip["y"] + 10))
    assert page.inner_text("#position-time").startswith("0:08.")
    assert page.get_attribute("#overview-window", "style") != before


def test_the_wheel_zooms_where_the_pointer_is(visit, looked_at):
    page = visit(looked_at)
    lane, before = box_of(page, "kick"), page.get_attribute("#overview-window", "style")
    page.mouse.move(lane["x"] + 200, lane["y"] + 10)
    page.mouse.wheel(0, -400)
    expect(page, "(before) => document.querySelector('#overview-window').getAttribute('style') !== before", before)


def test_a_song_is_found_by_a_part_of_its_name_and_listed_with_its_bpm(visit, server):
    for number in range(6):
        server.drums(f"Tune {number}")
    page = visit()
    page.fill("#job-search", "tune 3")
    expect(page, "() => document.querySelectorAll('#job-list .job').length === 1")
    assert page.inner_text("#job-list .state") == "120 bpm"
    page.fill("#job-search", "nobody wrote this")
    page.wait_for_selector("#none-found:visible")


def test_an_error_leaves_by_itself_and_can_be_read_later(visit, tmp_path):
    page = visit()
    page.clock.install()
    (tmp_path / "letter.wav").write_text("Dear reader,")
    page.set_input_files("#file-input", tmp_path / "letter.wav")
    page.wait_for_selector(".notice.error")
    page.clock.fast_forward(60_000)
    page.wait_for_selector(".notice.error", state="detached")
    page.click("#messages summary")
    assert "letter.wav" in page.inner_text("#message-lines .error")
