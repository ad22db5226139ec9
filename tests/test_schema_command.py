"""`policyengine schema`: schemas on the screen, and settings for an editor."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from policyengine.editor import EXTENSION, NAMES
from policyengine.schema import schema_text


def run(*words: str) -> Result:
    from policyengine.cli import cli

    return CliRunner().invoke(cli, ["schema", *words])


@pytest.mark.parametrize("kind", NAMES)
def test_a_schema_is_printed_as_it_is(kind: str) -> None:
    assert run(kind).stdout == schema_text(kind) == run(kind, "--print").stdout


def test_without_a_kind_it_says_what_there_is() -> None:
    result = run()
    assert result.exit_code == 0
    assert all(kind in result.stdout for kind in NAMES)
    assert run("--print").exit_code == 2


def settings(folder: Path) -> dict[str, object]:
    data: dict[str, object] = json.loads((folder / ".vscode" / "settings.json").read_text("utf-8"))
    return data


def test_settings_for_an_editor(tmp_path: Path) -> None:
    (tmp_path / "文件" / "some-policy").mkdir(parents=True)
    (tmp_path / "文件" / "some-policy" / "policy.yaml").write_text("", "utf-8")
    result = run("--vscode", str(tmp_path))
    assert result.exit_code == 0, result.output
    assert "找到政策1个" in result.stdout and EXTENSION in result.stdout
    written = settings(tmp_path)
    schemas = written["yaml.schemas"]
    assert isinstance(schemas, dict)
    assert written["yaml.schemaStore.enable"] is False
    for place in schemas:
        assert (tmp_path / place).is_file(), place
    assert "文件/some-policy/*.yaml" in schemas["./.vscode/schemas/policy.schema.json"]
    assert "文件/some-policy/tests/*.yaml" in schemas["./.vscode/schemas/scenarios.schema.json"]
    there = sorted(path.name for path in (tmp_path / ".vscode" / "schemas").iterdir())
    assert there == sorted(f"{name}.schema.json" for name in NAMES)
    assert json.loads((tmp_path / ".vscode" / "extensions.json").read_text("utf-8")) == {
        "recommendations": [EXTENSION]
    }


def test_other_settings_stay(tmp_path: Path) -> None:
    (tmp_path / ".vscode").mkdir()
    mine = {"editor.fontSize": 16, "yaml.schemas": {"other.json": "x.yaml"}}
    (tmp_path / ".vscode" / "settings.json").write_text(json.dumps(mine), "utf-8")
    assert run("--vscode", str(tmp_path)).exit_code == 0
    first = settings(tmp_path)
    assert first["editor.fontSize"] == 16
    assert isinstance(first["yaml.schemas"], dict) and first["yaml.schemas"]["other.json"] == "x.yaml"
    assert run("--vscode", str(tmp_path)).exit_code == 0
    assert settings(tmp_path) == first


def test_settings_with_comments_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".vscode").mkdir()
    path = tmp_path / ".vscode" / "settings.json"
    path.write_text("{ // mine\n}", "utf-8")
    result = run("--vscode", str(tmp_path))
    assert result.exit_code == 1 and "没有改动" in result.output
    assert path.read_text("utf-8") == "{ // mine\n}"
    assert not (tmp_path / ".vscode" / "schemas").exists()


def test_no_such_folder(tmp_path: Path) -> None:
    assert run("--vscode", str(tmp_path / "nowhere")).exit_code == 2


def test_english(tmp_path: Path) -> None:
    assert "policies found: 0" in run("--vscode", str(tmp_path), "--lang", "en").stdout
    assert "Schemas of files" in run("--lang", "en").stdout
