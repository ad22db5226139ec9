"""One bad file a code: expressions, policies and cases, each with exactly the findings it announces.

Files of `bad/expression` and `bad/policy` are further files of the policy `bad/base`, or overlays over it
where they have an overlay's header; files of `bad/case` are cases of that policy. The first lines say what
is expected, `# expect: CODE @ LINE:COLUMN` (with a file's name before it where the place is in another
file, without a place where there is none), and what is asked for besides:

`# set: …`, `# load: …`, `# overlay: …` (a policy); `# overlay: …` (an amendment), `# fact: …`, `# reading: …`,
or `# evaluate: …` (a case), an expression on project P1 that is computed although the checks refuse it.
"""

from __future__ import annotations

import re
import shutil
from collections import Counter
from functools import cache
from pathlib import Path
from string import Formatter

import pytest

from policyengine import api, casefile, loader, scenarios
from policyengine.codes import CODES, Code
from policyengine.codes.case import CASE
from policyengine.codes.expression import EXPRESSION
from policyengine.codes.policy import POLICY
from policyengine.desugar import compile_policy
from policyengine.diagnostics import CaseError, Diagnostic, PolicyError, concise, errors, sort, text
from policyengine.instances import Plans
from policyengine.lang.check import check
from policyengine.lang.syntax import parse
from policyengine.reading.node import Mapping
from policyengine.reading.yaml import read_yaml
from policyengine.sections import build
from policyengine.source import Source
from policyengine.world import World
from tests import mini

BAD = Path(__file__).parent / "bad"
BASE = BAD / "base"
FOLDERS = {"expression": EXPRESSION, "policy": POLICY, "case": CASE}
FILES = sorted(path for folder in FOLDERS for path in (BAD / folder).glob("*.yaml"))
NAMES = {code.name for code in (*EXPRESSION, *POLICY, *CASE)}
_EXPECT = re.compile(r"^# expect: (\S+)(?: @ (\S+))?$", re.MULTILINE)
_OPTION = re.compile(r"^# (set|load|overlay|fact|reading|evaluate): (.+)$", re.MULTILINE)


def expected(path: Path) -> Counter[str]:
    return Counter(f"{code} @ {place}" if place else code for code, place in _EXPECT.findall(content(path)))


def content(path: Path) -> str:
    return path.read_text("utf-8")


def options(path: Path) -> dict[str, str]:
    return dict(_OPTION.findall(content(path)))


def places(found: list[Diagnostic], path: Path) -> Counter[str]:
    return Counter(f"{d.code} @ {place(d, path)}" if d.span else d.code for d in sort(found))


def place(d: Diagnostic, path: Path) -> str:
    assert d.span is not None
    name, _, rest = d.span.place.rpartition("/")[2].partition(":")
    return rest if name == path.name else f"{name}:{rest}".rstrip(":")


# --- what is found ---


def findings(path: Path, folder: Path) -> list[Diagnostic]:
    if path.parent.name == "case":
        return in_case(path)
    return in_policy(path, folder)


def in_policy(path: Path, folder: Path) -> list[Diagnostic]:
    """Everything wrong in the base policy with the file beside it, or laid over it."""
    asked = options(path)
    overlay = content(path).find("\noverlay:") >= 0
    shutil.copytree(BASE, folder / "base")
    if not overlay and not asked:
        shutil.copy(path, folder / "base" / path.name)
    spec = asked.get("load", str(folder / "base"))
    overlays = [BAD / asked["overlay"]] if "overlay" in asked else []
    sets = [asked["set"]] if "set" in asked else []
    loaded = loader.read(spec, [*([path] if overlay else []), *overlays], sets)
    found = list(loaded.found)
    if loaded.timeline is not None:
        for _, policy in loaded.timeline.versions:
            found += compile_policy(policy, loaded.broken)[1]
    return found


@cache
def base(overlay: str = "") -> Plans:
    """The base, amended by a dated overlay of this folder."""
    return api.compile(api.load(BASE, [BAD / overlay] if overlay else []))


def in_case(path: Path) -> list[Diagnostic]:
    """Everything wrong with a case, as far as one gets: reading it, or computing all of its values."""
    asked = options(path)
    plans = base(asked.get("overlay", ""))
    node, found = read_yaml(Source(path.name, content(path)))
    assert isinstance(node, Mapping) and not found
    try:
        if node.get("scenarios") is not None:
            scenarios.read_scenarios([path])
        readings = api.with_readings(plans, [asked["reading"]] if "reading" in asked else [])
        file, found = casefile.read_cases(node, plans.policy, api.types(plans), path.stem)
        if found:
            return found
        (case,) = file.cases
        case = api.with_fact(plans, case, asked["fact"]) if "fact" in asked else case
        world = api.decide(plans, case, readings).world
        if "evaluate" in asked:
            evaluate(world, asked["evaluate"])
    except (CaseError, PolicyError) as wrong:
        return list(wrong.diagnostics)
    return everything(world)


def everything(world: World) -> list[Diagnostic]:
    """What goes wrong in computing every value of every entity."""
    found: list[Diagnostic] = []
    for kind, members in world.entities.items():
        for name, node in world.plans.last.nodes.items():
            for ent in members.values() if node.info.entity == kind else ():
                try:
                    world.value(ent, name)
                except CaseError as wrong:
                    found += wrong.diagnostics
    return found


def evaluate(world: World, written: str) -> None:
    """The value of an expression that the checks refuse: what they prevent still ends in a CaseError."""
    expr, found = parse(written, Source("expr", written).span(0, len(written)))
    assert expr is not None and not found
    compiled, found = check(expr, world.plans.last.universe, "project")
    assert found
    ent = world.entities["project"]["P1"]
    world.evaluate(compiled, ent, world.when(ent))


# --- the files ---


def test_the_base_is_clean() -> None:
    assert not loader.read(BASE).found
    assert base().last.nodes


@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_bad_file_gives_exactly_the_expected_findings(path: Path, tmp_path: Path) -> None:
    found = findings(path, tmp_path)
    assert expected(path), "the file does not say what is expected"
    assert places(found, path) == expected(path), [concise(d) for d in found]


@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_findings_can_be_told_in_both_languages(path: Path, tmp_path: Path) -> None:
    for d in findings(path, tmp_path):
        for name in fields(d.entry.zh) | fields(d.entry.en):
            assert d.words.get(name), f"{d.code}: the message needs {name}"
        assert d.help("zh") and d.help("en"), d.code
        assert d.severity == "error" and errors([d])
        for lang in ("zh", "en"):
            assert not d.message(lang).endswith(("。", "."))
            assert len(concise(d, lang)) < 700 and text(d, lang)


def test_messages_say_what_officials_understand() -> None:
    """The words of a few findings that are met most often."""

    def told(name: str) -> str:
        (d,) = in_case(BAD / "case" / f"{name}.yaml")
        return f"{d.message()}（{d.help()}）"

    assert (
        told("unit-missing")
        == "“投资额”写的是“800”，没有单位（是“800元”还是“800万元”，看清材料上的单位再写）"
    )
    assert told("fact-out-of-range-of-a-scaled-unit").startswith(
        "“产量”写的是“60000吨”，不在0万吨到5万吨之间"
    )
    assert told("contradiction").startswith("机器人投资额600万元超过投资额500万元（对照原件")
    assert "写成 2021-06-01 的样子" in told("not-a-date")
    assert "“投资额”的名字是 investment" in expression("name-not-ascii")
    assert "3%变成4%" in expression("points-misuse") and "3.03%" in expression("points-misuse")
    assert "登记成参数" in expression("magic-number-with-unit")


def expression(name: str) -> str:
    """The message and advice of the finding of a bad expression."""
    text_ = content(BAD / "expression" / f"{name}.yaml")
    node, _ = read_yaml(Source("wrong.yaml", text_))
    merged = mini.joined(*(mini.tree(content(p), p.name) for p in sorted(BASE.glob("*.yaml"))), node)  # type: ignore[arg-type]
    built = build(merged, None)
    assert built.policy is not None
    (d,) = [*built.found, *compile_policy(built.policy, built.broken)[1]]
    return f"{d.message()}（{d.help()}）"


def test_files_are_named_by_a_code_of_theirs() -> None:
    for path in FILES:
        codes = {code for code, _ in _EXPECT.findall(content(path))}
        assert any(path.stem.startswith(code) for code in codes) or "-says-" in path.stem, path


def test_every_code_has_a_bad_file() -> None:
    for folder, table in FOLDERS.items():
        named = {c for path in FILES if path.parent.name == folder for c, _ in _EXPECT.findall(content(path))}
        assert {code.name for code in table} <= named, folder


# --- the tables ---


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


def plain(names: set[str]) -> set[str]:
    """`got_zh` and `got_en` say the same thing."""
    return {name.removesuffix("_zh").removesuffix("_en") for name in names} - {"zh", "en"}


def test_names_are_unique() -> None:
    assert len(NAMES) == len(EXPRESSION) + len(POLICY) + len(CASE)
    assert not NAMES - set(CODES)


@pytest.mark.parametrize("code", [*EXPRESSION, *POLICY, *CASE], ids=lambda c: c.name)
def test_codes_are_complete(code: Code) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code.name)
    assert code.zh and code.en and code.why_zh and code.why_en and code.bad and code.good
    assert code.bad != code.good
    assert len(code.help_zh) == len(code.help_en) > 0
    assert plain(fields(code.zh)) == plain(fields(code.en))
    for zh, en in zip(code.help_zh, code.help_en, strict=True):
        assert plain(fields(zh)) == plain(fields(en)), (zh, en)
    assert code.en[0] in "`{“" or code.en[0].islower()
    assert not code.zh.endswith("。") and not code.en.endswith(".")
