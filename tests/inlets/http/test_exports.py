"""Exports over HTTP: which there are, and each as the song is now."""


def test_every_export_is_listed_with_what_it_is(server, client):
    found = client.get(f"/api/jobs/{server.song()}/exports").json()["exports"]
    assert found[0] == {
        "name": "csv", "ending": "hits.csv", "caption": "every hit and note, as a table",
        "media_type": "text/csv", "objection": "",
    }  # fmt: skip


def test_an_export_is_of_the_corrected_song(server, client):
    name = server.song()
    client.put(f"/api/jobs/{name}/clusters", json={"revision": 0, "changes": {"clusters": {"1": "clap"}}})
    found = client.get(f"/api/jobs/{name}/exports/csv")
    assert found.headers["content-type"].startswith("text/csv")
    assert 'filename="Song.hits.csv"' in found.headers["content-disposition"]
    assert ",clap," in found.text and ",snare," not in found.text


def test_an_unknown_export_is_refused_with_the_nearest_name(server, client):
    found = client.get(f"/api/jobs/{server.song()}/exports/cvs")
    assert found.status_code == 400
    assert "Did you mean csv" in found.text
