"""What are these? The least sure sounds are asked about until nothing is left in doubt."""

import pytest

from tests.web.test_page import expect

ORDER = """async () => {
  const {doubtfulClusters} = await import('/static/js/doubts.js');
  const clusters = [[0, 0.9], [1, 0.5], [2, 0.3], [3, 0.55]].map(([id, confidence]) => ({id, confidence}));
  const ids = (later) => doubtfulClusters(clusters, new Set(later)).map((cluster) => cluster.id);
  return [ids([]), ids([2])];
}"""


@pytest.fixture
def doubtful(visit, job):
    """The page of a song whose clusters are all in doubt until they get a name."""

    def unsure(route):
        answer = route.fetch()
        song = answer.json()
        for cluster in song.get("clusters", []):
            cluster["confidence"] = min(cluster["confidence"], 0.99) / 2 if cluster["confidence"] < 1 else 1
        route.fulfill(response=answer, json=song)

    page = visit()
    for path in ("notes", "clusters"):
        page.route(f"**/api/jobs/{job}/{path}", unsure)
    page.goto(page.url.partition("#")[0] + f"#{job}")
    page.reload()
    page.wait_for_selector("#editor:not([hidden])")
    yield page
    page.unroute_all(behavior="ignoreErrors")


def text(page) -> str:
    return page.inner_text("#doubts p")


def test_the_least_sure_is_asked_first_and_what_was_put_off_last(visit):
    assert visit().evaluate(ORDER) == [[2, 1, 3], [1, 3, 2]]


def test_one_key_hears_the_least_sure_and_others_name_it_until_nothing_is_left(doubtful, server, job):
    page = doubtful
    count = len(server.notes(job)["clusters"])
    assert page.inner_text(".panel button.wide").startswith(f"What are these? {count} sounds")
    page.keyboard.press("w")
    page.keyboard.press("9")
    for revision in range(1, count):
        page.wait_for_function(
            "(left) => document.querySelector('#doubts p').textContent.match(left)",
            arg=f"{count - revision} in doubt" if count - revision > 1 else "the last in doubt",
        )
        page.keyboard.press("y")
    page.wait_for_selector("#doubts p:text-is('Nothing is left in doubt.')")
    assert page.is_disabled(".panel button.wide") and "crash" in server.labels(job)
    assert all(cluster["confidence"] == 1 for cluster in server.notes(job)["clusters"])


def test_a_sound_that_is_put_off_comes_last(doubtful):
    page = doubtful
    page.keyboard.press("w")
    first = text(page)
    page.keyboard.press("m")
    assert text(page) != first
    page.keyboard.press("Escape")
    assert page.is_hidden("#doubts")


def test_a_sound_is_named_from_the_list(doubtful, server, job):
    page = doubtful
    page.click(".panel button.wide")
    page.click("#doubts button:text-is('Something else')")
    page.click("#label-list button:text-is('Cowbell')")
    expect(page, "() => [...document.querySelectorAll('#clusters select')].some((each) => each.value === 'cowbell')")
    assert "cowbell" in server.labels(job)
