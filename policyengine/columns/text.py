"""Frames to SQL text: one named stage a level, with label and clause of each column beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from policyengine.columns.frames import NAME, OWN, Column, Frame, Join, qualify

if TYPE_CHECKING:
    from policyengine.columns.names import Names


@dataclass(frozen=True, slots=True)
class Output:
    """A result: expressions over the columns of a frame. `scale`: what its numbers are whole multiples of."""

    frame: Frame
    columns: Mapping[str, str]
    scale: Fraction


def write(names: Names, outputs: Mapping[str, Output]) -> tuple[dict[str, str], str]:
    """The query of each output, and all of it as one text to read."""
    writer = _Writer(names)
    for output in outputs.values():
        writer.need(output)
    finals = {name: writer.final(output) for name, output in outputs.items()}
    stages = writer.stages()
    uses = _uses(stages, finals)
    texts = {}
    for name, final in finals.items():
        texts[name] = _with(names, _reachable(stages, final), uses, final)
    return texts, _with(names, stages, uses, "") + "".join(f"\n\n-- {name}\n{final};" for name, final in finals.items())


def _with(names: Names, stages: dict[str, str], uses: dict[str, int], final: str) -> str:
    d = names.dialect
    parts = []
    for name, sql in stages.items():
        how = d.materialized if uses.get(name, 0) > 1 else d.inlined
        parts.append(f'"{name}" {how} (\n{sql}\n)')
    return "WITH " + ",\n".join(parts) + ("\n" + final if final else "")


_STAGE = re.compile(r'"((?:\w+)@\d+)"')


def _uses(stages: dict[str, str], finals: dict[str, str]) -> dict[str, int]:
    uses: dict[str, int] = {}
    for sql in (*stages.values(), *finals.values()):
        for name in _STAGE.findall(sql):
            uses[name] = uses.get(name, 0) + 1
    return uses


def _reachable(stages: dict[str, str], final: str) -> dict[str, str]:
    """The stages that a final text needs, in order."""
    wanted, open_ = set(), _STAGE.findall(final)
    while open_:
        name = open_.pop()
        if name not in wanted:
            wanted.add(name)
            open_ += _STAGE.findall(stages[name])
    return {name: sql for name, sql in stages.items() if name in wanted}


@dataclass(slots=True)
class _Writer:
    names: Names
    live: dict[str, set[str]] = field(default_factory=dict)

    # --- what is needed ---

    def need(self, output: Output) -> None:
        for text in output.columns.values():
            self._need(output.frame, text)

    def final(self, output: Output) -> str:
        columns = ",\n    ".join(f'{sql} AS "{name}"' for name, sql in output.columns.items())
        return f'SELECT\n    {columns}\nFROM "{self._at(output.frame, output.frame.level(*output.columns.values()))}"'

    def _need(self, frame: Frame, sql: str, qualifier: str = "") -> None:
        for q, name in NAME.findall(sql):
            if q == qualifier:
                self._want(frame, name)

    def _want(self, frame: Frame, name: str) -> None:
        live = self.live.setdefault(frame.name, {"id"})
        if name in live:
            return
        live.add(name)
        column = frame.columns[name]
        if column.join is None:
            if column.level:
                self._need(frame, column.sql)
            return
        join = column.join
        for match in join.match:
            self._need(frame, match)
        for q, (source, _) in join.sources.items():
            for text in (join.on, *join.keys, join.outputs[name]):
                self._need(source, text, q)

    # --- stages ---

    def levels(self, frame: Frame) -> list[int]:
        live = self.live.get(frame.name, {"id"})
        return sorted({0, *(c.level for c in frame.columns.values() if c.name in live)})

    def stages(self) -> dict[str, str]:
        """All stages by name, each after what it reads."""
        found: dict[tuple[int, str], str] = {}
        for frame in self.names.frames.values():
            if frame.name not in self.live:
                continue
            before = ""
            for level in self.levels(frame):
                sql = self._first(frame) if level == 0 else self._next(frame, level, before)
                before = f"{frame.name}@{level}"
                found[level, frame.name] = sql
        return {f"{name}@{level}": found[level, name] for level, name in sorted(found)}

    def _columns(self, frame: Frame, level: int) -> list[Column]:
        live = self.live[frame.name]
        return [c for c in frame.columns.values() if c.level == level and c.name in live]

    def _first(self, frame: Frame) -> str:
        columns = self._columns(frame, 0)
        shown = _listed((c.sql, c.name, c.comment) for c in columns)
        text = " ".join(c.sql for c in columns)
        joins = ""
        for path, kind in sorted(frame.refs.items(), key=lambda item: len(item[0])):
            alias = ".".join(path)
            if f'"{alias}".' in text or any(p[: len(path)] == path and f'"{".".join(p)}".' in text for p in frame.refs):
                before = f'"{".".join(path[:-1])}"' if len(path) > 1 else OWN
                joins += f'\n  LEFT JOIN "{kind}" "{alias}" ON "{alias}"."id" = {before}."{path[-1]}"'
        return f'  SELECT\n{shown}\n  FROM "{frame.name}" {OWN}{joins}'

    def _next(self, frame: Frame, level: int, before: str) -> str:
        columns = self._columns(frame, level)
        joins = list({id(c.join): c.join for c in columns if c.join is not None}.values())
        shown = _listed((c.sql if c.join else qualify(c.sql, OWN), c.name, c.comment) for c in columns)
        joined = "".join("\n  " + self._join(frame, join, {c.name for c in columns}) for join in joins)
        return f'  SELECT {OWN}.*,\n{shown}\n  FROM "{before}" {OWN}{joined}'

    def _join(self, frame: Frame, join: Join, wanted: set[str]) -> str:
        outputs = {name: sql for name, sql in join.outputs.items() if name in wanted}
        sources = [(q, f'"{self._at(source, level)}" {q}') for q, (source, level) in join.sources.items()]
        keys = [f"{key} AS k{i}" for i, key in enumerate(join.keys)]
        listed = ", ".join([*keys, *(f'{sql} AS "{name}"' for name, sql in outputs.items())])
        source = sources[0][1] if len(sources) == 1 else f"{sources[0][1]} JOIN {sources[1][1]} ON {join.on}"
        group = f" GROUP BY {', '.join(join.keys)}" if join.grouped else ""
        on = " AND ".join(f"{join.alias}.k{i} = {qualify(match, OWN)}" for i, match in enumerate(join.match))
        return f"LEFT JOIN (SELECT {listed} FROM {source}{group}) {join.alias} ON {on}"

    def _at(self, frame: Frame, level: int) -> str:
        return f"{frame.name}@{max(each for each in self.levels(frame) if each <= level)}"


def _listed(columns) -> str:  # type: ignore[no-untyped-def]
    """Columns one a line, with what they are."""
    lines = []
    rows = list(columns)
    for i, (sql, name, comment) in enumerate(rows):
        comma = "," if i + 1 < len(rows) else ""
        lines.append(f'    {sql} AS "{name}"{comma}' + (f"  -- {comment}" if comment else ""))
    return "\n".join(lines)
