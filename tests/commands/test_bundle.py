"""`sidestick doctor --bundle`: what is sent with a question, and what never is."""

import zipfile
from pathlib import Path

from daemon.commands import bundle
from daemon.config import load

LOG = """2026-11-21 16:25:26  My Secret Tune.ogg: queued
2026-11-21 16:25:28  My Secret Tune.ogg: wrote a first draft to My Secret Tune.drums.mid
2026-11-21 16:25:29  ! My Secret Tune.ogg: /home/anna/Band/My Secret Tune.ogg is not there any more.
2026-11-21 16:25:30  sidestick 0.1.0 listens on OSC port 9331; its page is http://127.0.0.1:9332.
2026-11-21 16:25:31  ! https://example.org/Hush could not be had
""".splitlines()


def test_the_log_keeps_what_happened_and_no_names():
    found = "\n".join(bundle.scrub_log(LOG))
    assert "(song): queued" in found and "wrote a first draft to (file)" in found
    assert "listens on OSC port 9331; its page is http://127.0.0.1:9332" in found
    assert not [word for word in ("Secret", "anna", "Band", "Hush") if word in found]


def test_osc_addresses_are_no_paths():
    line = "2026-11-21 16:25:26  /sidestick/process was refused: busy"
    assert bundle.scrub_log([line]) == [line]


def test_the_home_folder_and_the_users_name_are_left_out():
    assert bundle.scrub("/home/anna/x of anna, not banana", Path("/home/anna"), "anna") == "~/x of USER, not banana"


def test_the_bundle_holds_findings_settings_versions_and_log(tmp_path):
    config, state = tmp_path / "config", tmp_path / "state"
    config.mkdir()
    state.mkdir()
    (config / "config.toml").write_text(
        '[daemon]\nhttp_key = "a-key-that-nobody-guesses"\n[[daemon.drop]]\npath = "/srv/Anna and Ben/Drop"\n'
    )
    (state / "sidestick.log").write_text("\n".join(LOG))
    found = load({"SIDESTICK_FOLDERS__CONFIG": str(config), "SIDESTICK_STATE_FOLDER": str(state)})
    packed = zipfile.ZipFile(bundle.write_bundle(tmp_path / "report.zip", " ok   sidestick\n", found))
    texts = {name: packed.read(name).decode() for name in packed.namelist()}
    assert set(texts) == {"doctor.txt", "settings.txt", "packages.txt", "log.txt"}
    assert "daemon.drop" in texts["settings.txt"] and "torch" in texts["packages.txt"]
    whole = "".join(texts.values())
    assert not [word for word in ("nobody-guesses", "Anna", "Secret") if word in whole]
