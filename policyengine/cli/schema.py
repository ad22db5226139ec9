"""`policyengine schema`: the JSON Schemas of all files, and settings with which an editor uses them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from policyengine.cli.common import lang_option, write

KINDS: dict[str, tuple[str, str]] = {
    "policy": ("政策文件夹里的 *.yaml", "the *.yaml of a policy folder"),
    "scenarios": ("政策文件夹里 tests/ 的算例", "the scenarios in its tests/"),
    "overlay": ("修订文件", "overlays"),
    "case": ("申报材料", "cases"),
    "decision": ("evaluate 输出的 JSON", "the JSON that evaluate prints"),
}
DEPTH = 3  # how far below the folder policies are looked for


@click.command("schema", help="输出文件格式（JSON Schema），或写好 VS Code 的设置，编辑时就能提示和检查。")
@click.argument("kind", required=False, type=click.Choice(list(KINDS)))
@click.option(
    "--print",
    "print_",
    is_flag=True,
    help="输出到屏幕（写了种类时本来就是）/ print it (the default with a kind)",
)
@click.option(
    "--vscode",
    "vscode",
    metavar="DIR",
    type=click.Path(file_okay=False),
    help="在这个文件夹里写 .vscode/ 设置 / write settings there",
)
@lang_option
def command(kind: str | None, print_: bool, vscode: str | None, lang: str) -> None:
    """Print a schema, write settings, or say what there is."""
    from policyengine.schema import schema_text

    if vscode is not None:
        write(_set_up(Path(vscode), lang), None)
    if kind is not None:
        write(schema_text(kind), None)
    elif print_:
        raise click.UsageError(f"请写明种类：{'、'.join(KINDS)} / name one of: {', '.join(KINDS)}")
    elif vscode is None:
        write(_overview(lang), None)


def _overview(lang: str) -> str:
    zh = lang == "zh"
    lines = ["文件格式（JSON Schema）：" if zh else "Schemas of files:"]
    lines += [f"  {kind:<10} {words[0 if zh else 1]}" for kind, words in KINDS.items()]
    lines += (
        ["输出一种：policyengine schema policy", "写编辑器设置：policyengine schema --vscode ."]
        if zh
        else ["print one: policyengine schema policy", "set up VS Code: policyengine schema --vscode ."]
    )
    return "\n".join(lines) + "\n"


def _set_up(folder: Path, lang: str) -> str:
    """Write everything, and say what was done."""
    from policyengine import editor

    if not folder.is_dir():
        raise click.UsageError(f"没有文件夹 {folder} / no folder {folder}")
    policies = _policies(folder)
    ours = {"settings.json": editor.settings(policies), "extensions.json": editor.extensions()}
    contents = {
        name: _json(editor.merged(_there(folder / ".vscode" / name), data)) for name, data in ours.items()
    }
    schemas = folder / editor.SCHEMAS
    schemas.mkdir(parents=True, exist_ok=True)
    for name, text in editor.schema_files().items():
        write(text, str(schemas / name))
    for name, text in contents.items():
        write(text, str(folder / ".vscode" / name))
    return _said(folder, schemas, policies, lang)


def _json(data: dict[str, object]) -> str:
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def _policies(folder: Path) -> list[str]:
    """Policy folders in a folder; the folder itself by its own name, which editors match too."""
    here = folder.resolve()
    found = sorted(
        path.parent for depth in range(DEPTH + 1) for path in here.glob("*/" * depth + "policy.yaml")
    )
    return [here.name if path == here else path.relative_to(here).as_posix() for path in found]


def _there(path: Path) -> dict[str, Any]:
    """The settings that a person has already; a file that is no plain JSON is left alone."""
    if not path.exists():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise click.ClickException(
            f"{path} 里有注释或读不了，没有改动；请先改名再运行 / {path} is no plain JSON and was left alone"
        ) from error
    if not isinstance(found, dict):
        raise click.ClickException(
            f"{path} 不是设置文件，没有改动 / {path} holds no settings and was left alone"
        )
    return found


def _said(folder: Path, schemas: Path, policies: list[str], lang: str) -> str:
    from policyengine.editor import EXTENSION

    settings = folder / ".vscode" / "settings.json"
    count = len(policies)
    if lang == "zh":
        return (
            f"写好了：{settings}（哪些文件用哪种格式，找到政策{count}个；不从网上取任何东西）\n"
            f"        {folder / '.vscode' / 'extensions.json'}（建议安装的扩展）\n"
            f"        {schemas}（文件格式，共5个）\n"
            f"用法：在 VS Code 里打开文件夹 {folder}，装扩展 {EXTENSION}（内网可用 .vsix 离线安装）。\n"
            "      编辑时按 Ctrl+空格 出提示，写错的地方有波浪线，鼠标停在键上有说明。\n"
            "      升级程序以后再运行一次，格式文件会更新；原来的其它设置不动。\n"
        )
    return (
        f"wrote {settings} (which files have which schema; policies found: {count}; nothing is fetched)\n"
        f"      {folder / '.vscode' / 'extensions.json'} (the extension to install)\n"
        f"      {schemas} (the five schemas)\n"
        f"open {folder} in VS Code and install {EXTENSION} (its .vsix installs offline);\n"
        "Ctrl+Space completes, mistakes are underlined, a key explains itself under the mouse.\n"
        "Run this again after an update of the program; other settings are kept.\n"
    )
