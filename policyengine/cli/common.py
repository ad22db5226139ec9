"""What the commands share: options, finding the policy, printing findings."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from policyengine.diagnostics import CaseError, Diagnostic, PolicyError, as_json, concise, sort, text
from policyengine.unread import reason

F = TypeVar("F", bound=Callable[..., Any])
LANGS = click.Choice(["zh", "en"])


class CannotWrite(click.ClickException):
    """The place to write to is no place to write to: wrong use."""

    exit_code = 2


def not_empty(_: click.Context, option: click.Parameter, value: str | None) -> str | None:
    """The callback of an option: with nothing behind it, it was most likely meant to say something."""
    if value is not None and not value.strip():
        raise click.BadParameter("后面是空的 / nothing is given", param=option)
    return value


def lang_option(f: F) -> F:
    """`--lang zh|en`; the environment variable POLICYENGINE_LANG sets the default."""
    return click.option(
        "--lang", type=LANGS, default=os.environ.get("POLICYENGINE_LANG", "zh"), help="语言 / language"
    )(f)


def findings_format(f: F) -> F:
    """`--format text|concise|json` for findings."""
    choice = click.Choice(["text", "concise", "json"])
    return click.option(
        "--format", "format_", type=choice, default="text", help="诊断的格式 / format of findings"
    )(f)


def print_findings(found: Iterable[Diagnostic], lang: str, format_: str = "text", err: bool = True) -> None:
    """Every finding, in reading order."""
    ordered = sort(found)
    if format_ == "json":
        import json

        click.echo(
            json.dumps(
                {"version": "1", "diagnostics": [as_json(d, _lang(lang)) for d in ordered]},
                ensure_ascii=False,
                indent=2,
            ),
            err=False,
        )
        return
    for i, d in enumerate(ordered):
        if format_ == "concise":
            click.echo(concise(d, _lang(lang)), err=err)
        else:
            shown = text(d, _lang(lang))
            head, _, rest = shown.partition("\n")
            color = "red" if d.severity == "error" else "yellow"
            click.echo(
                ("\n" if i else "") + click.style(head, fg=color, bold=True) + ("\n" + rest if rest else ""),
                err=err,
            )


def _lang(lang: str) -> Any:
    return lang


def fail(error: PolicyError | CaseError, lang: str, format_: str = "text") -> NoReturn:
    """Print an exception's findings and end with its exit code: 2 where all is in an option, else 1 for policies,
    3 for cases."""
    print_findings(error.diagnostics, lang, format_)
    if all(d.span is not None and d.span.source.name.startswith("--") for d in error.diagnostics):
        sys.exit(2)
    sys.exit(1 if isinstance(error, PolicyError) else 3)


def note(zh: str, en: str, lang: str) -> None:
    """A remark that is no result, to standard error."""
    click.echo(zh if lang == "zh" else en, err=True)


def choose_policy(given: str | None, in_file: str, lang: str) -> str:
    """The policy to use: as given, else as the file says, else the only one there is."""
    from policyengine.loader import locate

    spec = _chosen(given, in_file, lang)
    folder, *overlays = spec.split("+")
    found = locate(folder.split("@")[0])
    for path in (*([found] if found else []), *overlays):
        reads(str(path))
    return spec


def _chosen(given: str | None, in_file: str, lang: str) -> str:
    from policyengine.loader import locate, shipped

    if given:
        base = given.split("+")[0].split("@")[0]
        if in_file and Path(base).name != in_file:
            note(
                f"材料写的是政策“{in_file}”，按 --policy 改用“{given}”",
                f"the file names `{in_file}`; using `{given}` as told",
                lang,
            )
        return given
    if in_file:
        return in_file
    known = shipped()
    if len(known) == 1:
        return str(locate(next(iter(known))))
    names = "、".join(known) or "-"
    raise click.UsageError(
        f"请用 --policy 指明政策，现有：{names} / name the policy with --policy; there are: {names}"
    )


def quoted(word: str) -> str:
    """A word of a command as it can be typed again, in a shell or on Windows."""
    if re.fullmatch(r"[\w./+@:=,%\\-]+" if os.name == "nt" else r"[\w./+@:=,%-]+", word):
        return word
    return f'"{word}"' if not set(word) & set('"$`\\!') else shlex.quote(word)


def reads(path: str | Path) -> None:
    """Remember a file or folder that this run reads: no result may be written over it."""
    context = click.get_current_context(silent=True)
    if context is not None:
        context.meta.setdefault(_READ, set()).add(Path(path).resolve())


def each_once(files: Iterable[str]) -> None:
    """Refuse a file that is named twice: its applications would be counted twice."""
    seen: set[Path] = set()
    for name in files:
        path = Path(name).resolve()
        if path in seen:
            raise click.UsageError(
                f"{name} 写了两次，会重复计算 / {name} is named twice and would count twice"
            )
        seen.add(path)


def _spare(target: Path) -> None:
    """Refuse to write over what was read."""
    context = click.get_current_context(silent=True)
    read = context.meta.get(_READ, set()) if context is not None else set()
    whole = target.resolve()
    if whole.exists() and any(whole == path or path in whole.parents for path in read):
        raise CannotWrite(
            f"{target} 是本次读的文件，没有覆盖；-o 请写别的名字 / {target} is being read and was left alone; write -o to another file"
        )


_READ = "policyengine.read"


def write(content: str, out: str | None, bom: bool = False, over: bool = False) -> None:
    """A result to standard output, or to a file (whole or not at all). `over`: also to one that was read."""
    if out is None or out == "-":
        try:
            sys.stdout.write(content)
            sys.stdout.flush()
        except BrokenPipeError:  # whoever read has enough
            raise
        except OSError as error:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left has nowhere to go
            zh, en = reason(error)
            raise CannotWrite(f"写不了标准输出：{zh} / cannot write standard output: {en}") from error
        return
    write_bytes(content.encode("utf-8-sig" if bom else "utf-8"), out, over)


def write_bytes(data: bytes, out: str, over: bool = False) -> None:
    """A file, whole or not at all: what was there before stays until the new one is safely on the disk."""
    with whole_file(out, over) as temporary:
        temporary.write_bytes(data)


@contextmanager
def whole_file(out: str, over: bool = False) -> Iterator[Path]:
    """Where to write a file that takes the place of `out` when all of it is safely on the disk."""
    target = Path(out)
    if not over:
        _spare(target)
    temporary = target.with_name(target.name + ".tmp")
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(target)
        _sync_folder(target.parent)
    except OSError as error:
        zh, en = reason(error)
        raise CannotWrite(f"写不了 {out}：{zh} / cannot write {out}: {en}") from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Make a renaming last, on systems where a folder can be synchronized; Windows has no such thing."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
