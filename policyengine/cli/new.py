"""`policyengine new`: a policy folder to start from, or an application to fill in."""

from __future__ import annotations

from pathlib import Path

import click

from policyengine.cli.common import fail, lang_option, not_empty, note, quoted, write

_TEMPLATES = click.Choice(["subsidy", "blank"])


@click.command(
    "new",
    help="新建：NAME 是新政策的文件夹（示例内容，能通过检查）；--case POLICY 是某份政策的空白申报材料。",
)
@click.argument("name", required=False)
@click.option(
    "--template", type=_TEMPLATES, default="subsidy", help="模板：subsidy 一项补助，blank 只有骨架 / template"
)
@click.option(
    "--case",
    "case",
    metavar="POLICY",
    callback=not_empty,
    help="输出这份政策的空白申报 / a blank application of this policy",
)
@click.option(
    "-o", "--output", "out", metavar="FILE", help="空白申报写入文件 / write the application to a file"
)
@lang_option
def command(name: str | None, template: str, case: str | None, out: str | None, lang: str) -> None:
    """Write a policy folder, or print an application."""
    if (name is None) == (case is None):
        raise click.UsageError(
            "请写新政策的名字，或者用 --case 写一份政策 / give a name, or a policy with --case"
        )
    if case is not None:
        _application(case, out, lang)
    elif out is not None:
        raise click.UsageError("-o 只和 --case 一起用 / -o goes with --case")
    elif name is not None:
        _policy(Path(name), template, lang)


def _policy(folder: Path, template: str, lang: str) -> None:
    """Write the files of a template into a folder that is not there yet."""
    from policyengine.template import id_for, policy_files

    name = folder.resolve().name
    files = policy_files(name, template)
    if folder.exists():
        raise click.UsageError(f"{folder} 已经有了，没有改动 / {folder} exists and was left alone")
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        write(text, str(target))
    shown = [path for path in files if not path.startswith(".vscode/")]
    note(
        f"新建了 {folder}（内容是虚构的示例，请逐个换成真的）：{'、'.join(shown)}",
        f"wrote {folder}, a fictitious example to replace: {', '.join(shown)}",
        lang,
    )
    if id_for(name) != name:
        note(
            f"政策编号只能用小写英文字母、数字和 -，先写成了 {id_for(name)}，请在 policy.yaml 里改",
            f"an id is of small letters, digits and hyphens: {id_for(name)} for now, to be changed in policy.yaml",
            lang,
        )
    where = quoted(str(folder))
    note(
        f"接下来：policyengine check {where}；policyengine test {where}",
        f"next: policyengine check {where}; policyengine test {where}",
        lang,
    )


def _application(policy: str, out: str | None, lang: str) -> None:
    from policyengine import api
    from policyengine.asked import asked
    from policyengine.diagnostics import PolicyError
    from policyengine.template import case_text

    if out not in (None, "-") and Path(str(out)).exists():
        raise click.UsageError(f"{out} 已经有了，没有改动 / {out} exists and was left alone")
    try:
        plans = api.compile(api.load(policy))
    except PolicyError as error:
        fail(error, lang)
    named = "" if _is_known(policy, plans.base.policy.id) else f" --policy {quoted(policy)}"
    write(case_text(plans, asked(plans.last), lang, named), out)
    if out not in (None, "-"):
        how = f"policyengine evaluate {quoted(str(out))}{named}"
        note(f"写好了 {out}；填好以后运行：{how}", f"wrote {out}; once filled in: {how}", lang)


def _is_known(policy: str, id_: str) -> bool:
    """Whether the id that the file will hold leads to this very policy, so that no option is needed."""
    from policyengine.loader import locate

    found = locate(id_)
    return (
        found is not None
        and "@" not in policy
        and Path(policy).resolve() in (found.resolve(), Path(id_).resolve())
    )
