"""A draft is mended while the final is worked on, and the final has what was mended."""

from tests import synth
from tests.web.server import wait_for
from tests.web.test_page import expect, relabelled

SECONDS = 60.0


def test_what_is_corrected_on_the_draft_is_in_the_final(visit, server):
    sound = synth.play(synth.rock_beat(29), SECONDS) + synth.noise(SECONDS, level=-84.0, seed=29)
    job = server.ask("POST", "api/jobs", {"path": str(synth.write(server.home.music / "early.wav", sound))})["id"]
    page = visit(job)
    assert "first draft" in page.inner_text("#song-facts")
    page.keyboard.press("f")
    cluster = page.eval_on_selector_all(
        "#clusters select", "(all) => all.find((each) => each.value === 'snare').ariaLabel"
    )
    relabelled(page, int(cluster.split()[2]), "cowbell")
    page.keyboard.press("End")
    assert "first draft" in page.inner_text("#song-facts")
    wait_for(lambda: server.ask("GET", f"api/jobs/{job}")["state"] == "done")
    expect(page, "() => !document.querySelector('#song-facts').textContent.includes('draft')")
    assert "cowbell" in server.labels(job) and "snare" not in server.labels(job)
    assert "cowbell" in page.eval_on_selector_all("#clusters select", "all => all.map(each => each.value)")
    assert page.inner_text("#position-time") == "1:00.0"  # where it was
    page.click("#undo")
    expect(page, "() => [...document.querySelectorAll('#clusters select')].some((each) => each.value === 'snare')")
