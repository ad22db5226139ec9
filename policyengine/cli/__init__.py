"""The command line: thin commands over the public functions. `main` is the entry point.

Results go to standard output, notes and findings to standard error. Exit codes: 0 done, 1 a policy with
errors (or that is not there) or failed scenarios, 2 wrong use (an option's value or a file that is not there),
3 a case that cannot be read or contradicts itself, 4 an error of the engine itself, 130 interrupted.
"""

from __future__ import annotations

import gc
import os
import sys
import traceback

import click

from policyengine.version import VERSION

_LITTER = (
    1_000_000  # objects made until garbage is looked for: most that a command makes is needed until it ends
)

COMMANDS = {
    "check": "检查政策文件夹：格式、引文、类型、覆盖 / check a policy folder",
    "evaluate": "认定申报，给出结论、金额和理由 / decide applications",
    "explain": "说明认定的每一步和依据 / explain a decision",
    "readings": "口径登记表：疑问、读法、理由、谁来定 / the register of open questions",
    "ask": "按先后提问，能定就停，答案存成申报材料 / ask only what can still change the result",
    "advise": "怎样报最好：可选的办法并排比较 / compare the ways of applying",
    "test": "运行政策旁边的算例 / run the scenarios of a policy",
    "show": "查看条款、规则、参数、事实、部门或诊断代码 / show a clause, rule, parameter, fact or code",
    "graph": "输出计算图 / print the compiled plan",
    "sql": "输出按列认定用的 SQL / print the policy as SQL",
    "schema": "输出 JSON Schema 和编辑器设置 / print schemas and editor settings",
    "template": "做一份空白申报表 / a workbook to fill in",
    "sample": "造一批虚构的申报，用于试算 / synthetic applications",
    "new": "新建政策模板或空白申报 / start a policy or a case",
}


class _Lazy(click.Group):
    """Imports a command only when it is called, so that help and completion touch click alone."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        from importlib import import_module

        command = getattr(import_module(f"policyengine.cli.{cmd_name}"), "command", None)
        return command if isinstance(command, click.Command) else None

    def invoke(self, ctx: click.Context) -> object:
        """A reader that has gone away (`| head`) is no error: what is left has nobody to see it."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what is still in the buffer
            ctx.exit(0)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("命令 Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(VERSION, "-V", "--version", prog_name="policyengine")
def cli() -> None:
    """按政策条文认定申报，每一个数都能追到条文。Decide applications by the words of a policy."""


def main() -> None:
    """Run the command line and end the process with its exit code."""
    _prepare_console()
    gc.set_threshold(_LITTER)
    try:
        code = cli.main(standalone_mode=False, color=None if not os.environ.get("NO_COLOR") else False)
        gc.freeze()  # what is left goes with the process, and need not be looked through before
        sys.exit(code if isinstance(code, int) else 0)
    except click.exceptions.Abort:
        click.echo("已中断 / interrupted", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except Exception:  # noqa: BLE001 - the one place where our own mistakes end: say so and keep the trace
        click.echo(traceback.format_exc(), err=True)
        click.echo(
            "程序内部错误，请把上面的内容发给维护者 / an error of the engine, please report the above",
            err=True,
        )
        sys.exit(4)


def _prepare_console() -> None:
    """Chinese comes out whatever the locale says: UTF-8 where the console's encoding has no Chinese; a single
    character that it lacks as its code, so that nothing turns into question marks."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is None:
            continue
        try:
            "政策：“×”".encode(stream.encoding)
        except UnicodeEncodeError:
            reconfigure(encoding="utf-8", errors="backslashreplace")
        else:
            reconfigure(errors="backslashreplace")
