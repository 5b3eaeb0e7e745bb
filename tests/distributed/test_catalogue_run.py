"""A run over a catalogue as the store knows it, and the lists that it goes through."""

import pytest

from daemon.distributed.catalogue_run import MAX_TRIES, CatalogueRun, CatalogueSong, RunSpec, SongOutcome, list_runs
from daemon.distributed.object_store import open_store
from daemon.distributed.song_list import list_songs
from daemon.errors import Rejected

SPEC = RunSpec("s3://songs/in", "s3://songs/out", {"input": "drums"})
SONG = CatalogueSong("s3://songs/in/a.wav", "a.wav")


def ended(song=SONG, **more):
    return SongOutcome(song.id, song.url, song.name, **more)


def test_the_same_request_is_the_same_run(store):
    assert CatalogueRun.create(store, SPEC).name == CatalogueRun.create(store, SPEC).name
    assert CatalogueRun.create(store, RunSpec("s3://songs/in", "s3://songs/other")).name != SPEC.name
    assert CatalogueRun.load(store, SPEC.name).options.input == "drums" and len(list_runs(store)) == 2


def test_a_song_ends_once(store):
    run = CatalogueRun.create(store, SPEC)
    assert not run.is_over(SONG)
    assert run.mark(ended(files=("a.wav/a.mid",), remarks=("Its end is missing.",)))
    assert not run.mark(ended()) and not run.mark(ended(code="damaged", reason="It is damaged."))
    assert run.is_over(SONG) and list(run.list_ids("failed")) == []
    assert [(one.files, one.remarks) for one in run.list_outcomes("done")] == [
        (("a.wav/a.mid",), ("Its end is missing.",))
    ]


def test_a_song_that_ends_its_workers_is_not_tried_for_ever(store):
    run = CatalogueRun.create(store, SPEC)
    assert [run.begin_try(SONG, "w") for _ in range(MAX_TRIES + 1)] == [1, 2, 3, None]
    run.end_try(SONG, 2)
    assert run.begin_try(SONG, "w") == 2


def test_what_failed_is_done_again_when_asked(store):
    run = CatalogueRun.create(store, SPEC)
    for _ in range(MAX_TRIES):
        run.begin_try(SONG, "w")
    run.mark(ended(code="worker_died", reason="It ended its worker."))
    assert run.retry() == 1 and not run.is_over(SONG) and run.begin_try(SONG, "w") == 1


def test_a_run_is_cancelled_and_goes_on(store):
    run = CatalogueRun.create(store, SPEC)
    run.begin_try(SONG, "w")
    run.cancel()
    run.forget_tries()
    assert run.is_cancelled() and run.begin_try(SONG, "w") == 1
    run.resume()
    assert not run.is_cancelled()


@pytest.mark.parametrize("name", ["nothing", "../x", ""])
def test_a_run_that_is_not_there_is_refused_with_those_that_are(store, name):
    with pytest.raises(Rejected, match="Known are: none yet"):
        CatalogueRun.load(store, name)
    CatalogueRun.create(store, SPEC)
    with pytest.raises(Rejected, match=f"Known are: {SPEC.name}"):
        CatalogueRun.load(store, name)


def test_the_songs_below_an_address_come_in_order(store):
    for name in ("b/two.FLAC", "a.wav", "b/.hidden.wav", "b/.trash/x.wav", "notes.txt", "c.stems/d.mid", "noname"):
        store.write(f"in/{name}", b"sound")
    songs = list(list_songs(f"{store.address}/in"))
    assert [song.name for song in songs] == ["a.wav", "b/two.FLAC"]
    assert songs[1].url == f"{store.address}/in/b/two.FLAC"


def test_a_list_names_each_song_once(tmp_path):
    store = open_store(f"file://{tmp_path}")
    store.write("list.csv", "\ufeffartist,url\nX,s3://songs/ä.wav\nY,s3://songs/b.wav\n\nX,s3://songs/ä.wav\n".encode())
    found = [(song.url, song.name) for song in list_songs(f"file://{tmp_path}/list.csv")]
    assert found == [("s3://songs/ä.wav", "songs/ä.wav"), ("s3://songs/b.wav", "songs/b.wav")]


def test_a_list_without_a_heading_is_one_address_a_line(tmp_path):
    open_store(f"file://{tmp_path}").write("list.csv", b"s3://songs/a.wav\ns3://songs/b.wav\n")
    assert len(list(list_songs(f"file://{tmp_path}/list.csv"))) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"url\ns3://songs/a.wav\n/home/me/b.wav\n", "Row 3 .* no address of a song: '/home/me/b.wav'"),
        (b"url,x\n", None),
        (b"\xff\xfe\x00", "no CSV in UTF-8"),
        (b"s3://songs\n", "Row 1"),
    ],
)
def test_a_list_that_cannot_be_used_names_the_row(tmp_path, text, said):
    open_store(f"file://{tmp_path}").write("list.csv", text)
    if said is None:
        assert list(list_songs(f"file://{tmp_path}/list.csv")) == []
    else:
        with pytest.raises(Rejected, match=said):
            list(list_songs(f"file://{tmp_path}/list.csv"))


def test_a_list_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(Rejected, match=r"There is no list .*list\.csv"):
        list(list_songs(f"file://{tmp_path}/list.csv"))
