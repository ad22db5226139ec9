"""Files to a `Timeline`: a policy folder and its overlays, read strictly, every mistake reported.

The only module that reads policy files. What it returns is frozen and holds no open files.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from importlib import resources
from pathlib import Path

from policyengine import amend, literals, schema
from policyengine import model as m
from policyengine.diagnostics import Diagnostic, PolicyError, diagnostic, errors
from policyengine.lang.typing import describe
from policyengine.nearest import meant, nearest
from policyengine.reading import read_bytes, yaml
from policyengine.reading.decode import decode
from policyengine.reading.node import Mapping, Node, Scalar, plain
from policyengine.sections import build
from policyengine.source import Source, Span
from policyengine.unread import reason
from policyengine.values import Units

SET = "--set"  # the name of the source that holds what-if values given on the command line
_ONCE = ("language", "policy", "text")


@dataclass(slots=True)
class Loaded:
    """A timeline as far as it could be made, and everything that was found. `broken`: see `build.py`."""

    timeline: m.Timeline | None
    found: list[Diagnostic] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)


Set = str | tuple[Scalar, Scalar]  # a what-if: `PARAMETER=VALUE`, or both as they stand in a case file


def load(spec: str | Path, overlays: Iterable[str | Path] = (), sets: Iterable[Set] = ()) -> m.Timeline:
    """The policy that `spec` names: a folder or an id, with `@DATE` for the version of one day, and with
    `+overlay.yaml` any number of times.

    `overlays`: further overlay files. `sets`: `PARAMETER=VALUE` what-ifs, the parameter by name or label.
    Raises PolicyError with all that is wrong in reading, schema, and structure. Source: `docs/language.md`.
    """
    loaded = read(spec, overlays, sets)
    wrong = errors(loaded.found)
    if wrong or loaded.timeline is None:
        raise PolicyError(wrong)
    return loaded.timeline


def read(spec: str | Path, overlays: Iterable[str | Path] = (), sets: Iterable[Set] = ()) -> Loaded:
    """Like `load`, but returns what was found instead of raising."""
    base_name, *more = str(spec).split("+")
    folder_name, at, pinned = base_name.partition("@")
    folder = locate(folder_name)
    if at and literals.day(pinned) is None:
        return Loaded(None, [diagnostic("bad-version-date", None, text=pinned)])
    if folder is None:
        return Loaded(None, [_no_policy(folder_name)])
    reader = _Reader()
    base = reader.folder(folder)
    changes = [reader.overlay(Path(name)) for name in (*more, *map(str, overlays))]
    changes += [reader.set(one, i, base) for i, one in enumerate(sets)]
    if base is None:
        return Loaded(None, reader.found)
    loaded = _timeline(base, [c for c in changes if c is not None], reader, folder)
    if at and loaded.timeline is not None:
        day = literals.day(pinned)
        assert day is not None
        version = loaded.timeline.on(day)
        loaded.timeline = replace(loaded.timeline, versions=((None, version),))
    return loaded


def shipped() -> dict[str, Path]:
    """The policies that come with the package and those in `policies/` here: id to folder."""
    roots = [Path("policies"), *_package_roots()]
    found: dict[str, Path] = {}
    for root in roots:
        if root.is_dir():
            for folder in sorted(root.iterdir()):
                if (folder / "policy.yaml").is_file():
                    found.setdefault(folder.name, folder)
    return found


def _package_roots() -> list[Path]:
    beside = Path(__file__).resolve().parent.parent / "policies"
    inside = resources.files("policyengine").joinpath("policies")
    return [beside, *([inside] if isinstance(inside, Path) else [])]


def locate(name: str) -> Path | None:
    """The folder of a policy given as a path or an id."""
    path = Path(name)
    if (path / "policy.yaml").is_file():
        return path
    return shipped().get(name)


def _no_policy(name: str) -> Diagnostic:
    known = "、".join(shipped())
    return diagnostic("no-such-policy", None, name=name, known=known)


class _Reader:
    """Reads files; keeps what was found and the hash of every file."""

    def __init__(self) -> None:
        self.found: list[Diagnostic] = []
        self.hashes: list[tuple[str, str]] = []
        self.original: Source | None = None

    def data(self, path: Path, name: str = "") -> bytes | None:
        """The bytes of a file, and its hash kept under `name` (its own without one)."""
        try:
            data = path.read_bytes()
        except OSError as error:
            zh, en = reason(error)
            self.found.append(diagnostic("cannot-read", None, name=path, reason=zh, reason_en=en))
            return None
        self.hashes.append((name or path.name, hashlib.sha256(data).hexdigest()))
        return data

    def tree(self, path: Path, kind: schema.Kind) -> Mapping | None:
        data = self.data(path, path.as_posix() if kind == "overlay" else "")
        if data is None:
            return None
        _, node, found = read_bytes(data, str(path), first=kind == "overlay")
        self.found += found
        if not isinstance(node, Mapping):
            return None
        self.found += schema.findings(node, kind, found)
        return node

    def folder(self, folder: Path) -> Mapping | None:
        trees = [self.tree(path, "policy") for path in sorted(folder.glob("*.yaml"))]
        merged = self.merge([tree for tree in trees if tree is not None])
        text = merged.get("text") if merged else None
        name = text.get("source") if isinstance(text, Mapping) else None
        if isinstance(name, Scalar):
            path = folder / Path(name.text).name
            data = self.data(path)
            if data is not None:
                self.original, found = decode(data, str(path))
                self.found += found
        return merged

    def merge(self, trees: list[Mapping]) -> Mapping | None:
        """The sections of all files in one tree; an id twice is an error with both places."""
        sections: dict[str, tuple[Scalar, Node]] = {}
        for tree in trees:
            for key, node in tree.entries:
                there = sections.get(key.text)
                if there is None:
                    sections[key.text] = (key, node)
                elif key.text in _ONCE or not isinstance(node, Mapping) or not isinstance(there[1], Mapping):
                    if key.text != "language":
                        self.twice(key, there[0])
                else:
                    sections[key.text] = (there[0], self.union(there[1], node))
        return Mapping(tuple(sections.values()), trees[0].span) if trees else None

    def union(self, a: Mapping, b: Mapping) -> Mapping:
        known = {key.text: key for key, _ in a.entries}
        for key, _ in b.entries:
            if key.text in known:
                self.twice(key, known[key.text])
        return Mapping(a.entries + tuple(e for e in b.entries if e[0].text not in known), a.span)

    def twice(self, key: Scalar, first: Scalar) -> None:
        related = (("第一次在这里", "first here"), first.span)
        self.found.append(diagnostic("duplicate-id", key.span, related, name=key.text))

    def overlay(self, path: Path) -> amend.Overlay | None:
        tree = self.tree(path, "overlay")
        read_ = None if tree is None else amend.read_overlay(tree)
        return None if read_ is None else replace(read_, digest=self.hashes[-1][1])

    def set(self, one: Set, number: int, base: Mapping | None) -> amend.Overlay | None:
        """A what-if overlay of one parameter."""
        pair = self.pair(one) if isinstance(one, str) else one
        if pair is None:
            return None
        key, value = pair
        parameters = base.get("parameters") if base else None
        names = _called(parameters) if isinstance(parameters, Mapping) else {key.text: key.text}
        name = names.get(key.text)
        if name is None:
            words = meant(nearest(key.text, names))
            self.found.append(diagnostic("unknown-parameter", key.span, name=key.text, **words))
            return None
        tree = _nested(["parameters", name, "value"], value, key.span)
        return amend.Overlay(
            f"set-{number + 1}", "", None, number, tree, Mapping((), key.span), parameter=name
        )

    def pair(self, text: str) -> tuple[Scalar, Scalar] | None:
        """Parameter and value of `PARAMETER=VALUE`."""
        source = Source(SET, text)
        name, equals, value = text.partition("=")
        if not equals or not name.strip() or not value.strip():
            self.found.append(diagnostic("bad-set", source.span(0, len(text)), text=text))
            return None
        return Scalar(name.strip(), name.strip(), source.span(0, len(name))), _written(source, len(name) + 1)


def _called(parameters: Mapping) -> dict[str, str]:
    """Parameters by name and by label; a label that two have names neither."""
    labels: dict[str, list[str]] = {}
    for key, node in parameters.entries:
        label = node.get("label") if isinstance(node, Mapping) else None
        for words in label.items() if isinstance(label, Mapping) else (("zh", label),):
            if isinstance(words[1], Scalar):
                labels.setdefault(words[1].text, []).append(key.text)
    alone = {label: names[0] for label, names in labels.items() if len(names) == 1}
    return {**alone, **{key.text: key.text for key, _ in parameters.entries}}


def _written(source: Source, start: int) -> Scalar:
    """A value on the command line, understood like a plain scalar of a file."""
    text = source.text[start:].strip()
    node, _ = yaml.read_yaml(Source(SET, f"v: {text}"))
    read_ = node.get("v") if isinstance(node, Mapping) else None
    value = read_.value if isinstance(read_, Scalar) else text
    return Scalar(text, value, source.span(start, len(source.text)))


def _nested(keys: list[str], leaf: Node, span: Span) -> Mapping:
    node = leaf
    for key in reversed(keys):
        node = Mapping(((Scalar(key, key, span), node),), span)
    assert isinstance(node, Mapping)
    return node


def _timeline(base: Mapping, overlays: list[amend.Overlay], reader: _Reader, folder: Path) -> Loaded:
    found = reader.found
    found += _collisions(overlays)
    dated = sorted((o for o in overlays if o.start), key=lambda o: (o.start or date.min, o.order))
    free = [o for o in overlays if o.start is None]
    starts: list[date | None] = [None, *dict.fromkeys(o.start for o in dated)]
    versions: list[tuple[date | None, m.Policy]] = []
    broken: set[str] = set()
    for start in starts:
        chain = [o for o in dated if start is not None and o.start and o.start <= start] + free
        policy = _version(base, chain, reader, broken)
        if policy is not None:
            versions.append((start, policy))
    if not versions:
        return Loaded(None, found, broken)
    text_hash = hashlib.sha256(_condensed(reader.original).encode()).hexdigest()
    meaning = [plain(base), *(plain(o.tree) for o in overlays)]
    timeline = m.Timeline(
        tuple(versions), str(folder.resolve()), tuple(reader.hashes), text_hash, _meaning_hash(meaning)
    )
    return Loaded(timeline, found, broken)


def _version(base: Mapping, chain: list[amend.Overlay], reader: _Reader, broken: set[str]) -> m.Policy | None:
    tree = base
    headers = []
    first = build(base, reader.original)
    for overlay in chain:
        id_ = first.policy.id if first.policy else ""
        if overlay.amends not in ("", id_):
            node = overlay.header.get("amends")
            reader.found.append(
                diagnostic(
                    "amends-another", node.span if node else overlay.tree.span, name=overlay.amends, id=id_
                )
            )
            continue
        units = first.policy.units if first.policy else Units()
        tree, found = amend.apply(tree, overlay, units)
        reader.found += found
        headers.append(_header(overlay))
    if chain:
        reader.found += schema.validate(tree, "policy")
    built = build(tree, reader.original) if chain else first
    reader.found += built.found
    supposed = {overlay.parameter for overlay in chain}
    reader.found += _other_kinds(first.policy, built.policy, supposed)
    broken |= built.broken
    return replace(built.policy, overlays=tuple(headers)) if built.policy else None


def _other_kinds(
    base: m.Policy | None, amended: m.Policy | None, supposed: Collection[str]
) -> Iterator[Diagnostic]:
    """Parameters that are given as another kind of number: without their unit, or, where a what-if sets them
    (`supposed`), as three things for three years."""
    if base is None or amended is None or amended is base:
        return
    for name, new in amended.parameters.items():
        old = base.parameters.get(name)
        if old is None or (old.type.kind, old.type.dim) == (new.type.kind, new.type.dim):
            continue
        for dated in new.values:
            read_ = literals.quantity(dated.text, amended.units)
            was = literals.quantity(old.values[-1].text, base.units)
            bare = not isinstance(was, literals.Problem) and was.unit is None  # 1 and 1.2 are factors alike
            if isinstance(read_, literals.Quantity) and read_.unit is None:
                if isinstance(was, literals.Quantity) and was.unit is not None:
                    words = literals.missing_unit(dated.text, was.unit.name)
                    yield diagnostic("unit-missing", dated.span, name=new.label, **words)
            elif name in supposed and not bare:
                yield diagnostic(
                    "set-of-another-kind", dated.span, name=new.label, text=dated.text,
                    there=old.values[0].text or old.values[0].span.text, was_zh=describe(old.type), was_en=describe(old.type, "en"),
                    now_zh=describe(new.type), now_en=describe(new.type, "en"),
                )  # fmt: skip


def _header(overlay: amend.Overlay) -> m.OverlayHeader:
    def text(key: str) -> str:
        node = overlay.header.get(key)
        return node.text if isinstance(node, Scalar) else ""

    title = overlay.header.get("title")
    if isinstance(title, Mapping):
        zh, en = title.get("zh"), title.get("en")
        words = m.Label(zh.text if isinstance(zh, Scalar) else "", en.text if isinstance(en, Scalar) else "")
    else:
        words = m.Label(title.text if isinstance(title, Scalar) else overlay.parameter or overlay.id)
    return m.OverlayHeader(
        overlay.id, words, overlay.amends, text("number"), overlay.start, overlay.order,
        text("hypothetical") == "true" or overlay.start is None, overlay.tree.span, overlay.parameter, overlay.digest,
    )  # fmt: skip


def _collisions(overlays: list[amend.Overlay]) -> list[Diagnostic]:
    """Two overlays of one day that change the same thing."""
    found = []
    seen: dict[tuple[date | None, tuple[str, ...]], Span] = {}
    for overlay in overlays:
        for path, span in _leaves(overlay.tree):
            if path[0] == amend.HEADER:
                continue
            first = seen.setdefault((overlay.start, path), span)
            if first != span:
                related = (("另一处在这里", "the other one"), first)
                found.append(diagnostic("overlays-collide", span, related, path=".".join(path)))
    return found


def _leaves(node: Node, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Span]]:
    if isinstance(node, Mapping) and node.entries:
        for key, child in node.entries:
            yield from _leaves(child, (*path, key.text))
    else:
        yield path, node.span


def _condensed(source: Source | None) -> str:
    """The official text without white space, as its hash is taken."""
    return "".join(source.text.split()) if source else ""


def _meaning_hash(trees: list[object]) -> str:
    text = json.dumps(trees, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


__all__ = ["SET", "Loaded", "Set", "load", "locate", "read", "shipped"]
