"""Which extras are missing, and the line that adds them to each kind of installation."""

import pytest

from daemon import extras

RECEIPT = """[tool]
requirements = [{ name = "sidestick", extras = ["jack"], directory = "/home/jo/my sidestick" }]
"""


def test_the_extras_of_a_musician_are_those_of_the_project():
    assert all(extras.packages_of(extra.name)[0] != f"sidestick[{extra.name}]" for extra in extras.EXTRAS)


def test_an_extra_whose_module_is_not_there_is_missing(monkeypatch):
    monkeypatch.setattr(extras, "find_spec", lambda name: None if name == "yt_dlp" else object())
    assert [extra.name for extra in extras.find_missing()] == ["url"]


def test_a_uv_tool_is_installed_again_with_the_extras_it_has_and_the_new_ones(tmp_path):
    (tmp_path / "uv-receipt.toml").write_text(RECEIPT)
    line = extras.install_command(["url"], tmp_path)
    assert line == 'uv tool install --torch-backend auto "/home/jo/my sidestick[jack,url]"'


@pytest.mark.parametrize(
    ("source", "end"),
    [
        ('git = "https://example.org/sidestick"', "sidestick[link] @ git+https://example.org/sidestick"),
        ('specifier = ">=0.1"', "sidestick[link]"),
    ],
)
def test_a_uv_tool_comes_again_from_where_it_came(tmp_path, source, end):
    (tmp_path / "uv-receipt.toml").write_text(f'[tool]\nrequirements = [{{ name = "sidestick", {source} }}]\n')
    assert extras.install_command(["link"], tmp_path) == f'uv tool install --torch-backend auto "{end}"'


def test_a_uv_tool_keeps_the_python_that_was_asked_for(tmp_path):
    (tmp_path / "uv-receipt.toml").write_text(f'{RECEIPT}python = "3.12"\n')
    assert extras.install_command(["url"], tmp_path).startswith("uv tool install --python 3.12 --torch-backend auto ")


def test_pipx_injects_the_packages(tmp_path):
    (tmp_path / "pipx_metadata.json").write_text("{}")
    assert extras.install_command(["url"], tmp_path) == 'pipx inject sidestick "yt-dlp>=2025.1"'


def test_pip_installs_into_the_python_that_runs(tmp_path):
    assert extras.install_command(["url"], tmp_path, "/x y/python") == '"/x y/python" -m pip install "yt-dlp>=2025.1"'


def test_without_pip_uv_does_it(tmp_path, monkeypatch):
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    line = extras.install_command(["url"], tmp_path, "/x/python")
    assert line == 'uv pip install --python /x/python "yt-dlp>=2025.1"'
