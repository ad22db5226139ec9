"""Frames to SQL text: one named stage a level, with label and clause of each column beside it.

A stage is a view; where several read it and it is more than reckoning row by row, it is kept as a table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from policyengine.columns.frames import NAME, OWN, Column, Frame, Join, alias_of, qualify

if TYPE_CHECKING:
    from policyengine.columns.names import Names


@dataclass(frozen=True, slots=True)
class Output:
    """A result: expressions over the columns of a frame. `scale`: what its numbers are whole multiples of."""

    frame: Frame
    columns: Mapping[str, str]
    scale: Fraction


@dataclass(slots=True)
class _Stage:
    """`costly`: joins, groups or windows since what was last kept."""

    frame: Frame
    level: int
    sql: str
    costly: bool
    uses: int = 0

    @property
    def name(self) -> str:
        return stage_name(self.frame, self.level)

    @property
    def kept(self) -> bool:
        return self.costly and self.uses > 1


@dataclass(frozen=True, slots=True)
class Written:
    """`views`: the stages one by one, for a reader; `stages`: the same by name, each its query and whether it is kept. `steps`: the kept stages alone by name, in their order, each the query with the
    stages it is made from inside, which is quicker to prepare. `outputs`: the query of each output over the one, `finals` over the other. `passing`: by step,
    the steps before it that nothing later reads. `needed`: the staged columns that are read."""

    views: tuple[str, ...]
    stages: dict[str, tuple[str, bool]]
    outputs: dict[str, str]
    steps: dict[str, str]
    finals: dict[str, str]
    passing: dict[str, tuple[str, ...]]
    needed: frozenset[str]


def write(names: Names, outputs: Mapping[str, Output]) -> Written:
    """The statements that make all stages, in order, and the query of each output."""
    writer = _Writer(names)
    for output in outputs.values():
        writer.need(output)
    finals = {name: writer.final(output) for name, output in outputs.items()}
    stages = writer.stages()
    for sql in (*(stage.sql for stage in stages.values()), *finals.values()):
        for name in _STAGE.findall(sql):
            stages[name].uses += 1
    _settle(stages)
    for stage in stages.values():
        if stage.kept:
            writer.narrow(stage, outputs.values())
    views = tuple(_statement(names, stage) for stage in stages.values())
    steps = {stage.name: _inside(stages, stage.sql) for stage in stages.values() if stage.kept}
    inside = {name: _inside(stages, sql) for name, sql in finals.items()}
    parts = {stage.name: (stage.sql, stage.kept) for stage in stages.values()}
    return Written(views, parts, finals, steps, inside, _passing(steps, inside), writer.needed())


def _inside(stages: Mapping[str, _Stage], sql: str) -> str:
    """A query with the stages that it is made from, down to those that are kept."""
    wanted: set[str] = set()
    open_ = _STAGE.findall(sql)
    while open_:
        name = open_.pop()
        if name not in wanted and not stages[name].kept:
            wanted.add(name)
            open_ += _STAGE.findall(stages[name].sql)
    parts = [f'"{name}" AS (\n{stage.sql}\n)' for name, stage in stages.items() if name in wanted]
    return "WITH " + ",\n".join(parts) + "\n" + sql if parts else sql


def _passing(steps: Mapping[str, str], finals: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """By step, the steps that it is the last to read, so that they need not be kept beyond it."""
    lasting = {name for sql in finals.values() for name in _STAGE.findall(sql)}
    last = {name: step for step, sql in steps.items() for name in _STAGE.findall(sql) if name in steps}
    return {
        step: tuple(name for name, at in last.items() if at == step and name not in lasting) for step in steps
    }


_STAGE = re.compile(r'"(\w+__\d\d)"')
_COSTLY = re.compile(r"\bJOIN\b|\bOVER\b|\bGROUP BY\b")


def _settle(stages: dict[str, _Stage]) -> None:
    """Which stages are kept: those that several read and that are not quickly made again."""
    for stage in stages.values():
        before = (stages[name] for name in _STAGE.findall(stage.sql))
        stage.costly = stage.costly or any(b.costly and not b.kept for b in before)


def _statement(names: Names, stage: _Stage) -> str:
    form = names.dialect.table if stage.kept else names.dialect.view
    return form.format(name=f'"{stage.name}"', sql=stage.sql)


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
            if not column.staged:
                self._need(frame, column.sql)
            elif column.level:
                self._need_references(frame, column.sql)
            return
        join = column.join
        for text in (*join.match, column.sql):
            self._need(frame, text)
        for q, (source, _) in join.sources.items():
            for text in (join.on, join.where, *join.keys, join.outputs[name]):
                self._need(source, text, q)

    def _need_references(self, frame: Frame, sql: str) -> None:
        """What joining the staged tables along references takes: the own references that lead there."""
        self._need(frame, sql, OWN)  # whether there is a row at all
        for path in frame.refs:
            if f"{alias_of(path)}." in sql:
                self._want(frame, path[0])

    # --- stages ---

    def levels(self, frame: Frame) -> list[int]:
        live = self.live.get(frame.name, {"id"})
        return sorted({0, *(c.level for c in frame.columns.values() if c.name in live)})

    def stages(self) -> dict[str, _Stage]:
        """All stages by name, each after what it reads."""
        found: dict[tuple[int, str], _Stage] = {}
        for frame in self.names.frames.values():
            if frame.name not in self.live:
                continue
            before = ""
            for level in self.levels(frame):
                sql = self._first(frame) if level == 0 else self._next(frame, level, before)
                before = stage_name(frame, level)
                found[level, frame.name] = _Stage(frame, level, sql, bool(_COSTLY.search(sql)))
        return {found[key].name: found[key] for key in sorted(found)}

    def narrow(self, stage: _Stage, outputs: Iterable[Output]) -> None:
        """A kept stage holds only the columns that are read later: what a window or join carries along is what costs."""
        frame, wanted = stage.frame, {"id"}
        for output in outputs:
            if output.frame is frame:
                wanted |= _named(output.columns.values())
        for other in self.names.frames.values():
            for column in self._live(other):
                if other is frame and column.level > stage.level and not column.staged:
                    wanted |= _named([column.sql, *(column.join.match if column.join else ())])
                if column.join is not None:
                    for q, (source, level) in column.join.sources.items():
                        if source is frame and level >= stage.level:
                            texts = (
                                column.join.on,
                                column.join.where,
                                *column.join.keys,
                                column.join.outputs[column.name],
                            )
                            wanted |= _named(texts, q)
        before = [c for c in self._live(frame) if c.level < stage.level and c.name in wanted]
        listed = ", ".join(f'{OWN}."{c.name}"' for c in before)
        stage.sql = stage.sql.replace(f"SELECT {OWN}.*,", f"SELECT {listed},", 1)

    def needed(self) -> frozenset[str]:
        """The staged columns that live columns and joins along references read."""
        found = set()
        for frame in self.names.frames.values():
            kinds = {alias_of(path): kind for path, kind in frame.refs.items()} | {OWN: frame.name}
            for column in self._live(frame):
                if column.staged:
                    found |= {f"{kinds[q]}.{name}" for q, name in NAME.findall(column.sql)}
        return frozenset(found)

    def _live(self, frame: Frame) -> list[Column]:
        live = self.live.get(frame.name, set())
        return [c for c in frame.columns.values() if c.name in live]

    def _columns(self, frame: Frame, level: int) -> list[Column]:
        live = self.live[frame.name]
        return [c for c in frame.columns.values() if c.level == level and c.name in live]

    def _first(self, frame: Frame) -> str:
        shown = _listed((c.sql, c.name, c.comment) for c in self._columns(frame, 0))
        return f'  SELECT\n{shown}\n  FROM "{frame.name}" {OWN}'

    def _next(self, frame: Frame, level: int, before: str) -> str:
        columns = self._columns(frame, level)
        joins = list({id(c.join): c.join for c in columns if c.join is not None}.values())
        shown = _listed((c.sql if c.staged else qualify(c.sql, OWN), c.name, c.comment) for c in columns)
        joined = "".join("\n  " + self._join(join, {c.name for c in columns}) for join in joins)
        joined = self._along(frame, [c.sql for c in columns if c.staged]) + joined
        return f'  SELECT {OWN}.*,\n{shown}\n  FROM "{before}" {OWN}{joined}'

    def _along(self, frame: Frame, texts: list[str]) -> str:
        """The joins along references that staged columns are read from."""
        wanted = {path for path in frame.refs if any(f"{alias_of(path)}." in text for text in texts)}
        joins = ""
        for path in sorted({p[: i + 1] for p in wanted for i in range(len(p))}, key=len):
            alias, before = alias_of(path), alias_of(path[:-1])
            joins += f'\n  LEFT JOIN "{frame.refs[path]}" {alias} ON {alias}."id" = {before}."{path[-1]}"'
        return joins

    def _join(self, join: Join, wanted: set[str]) -> str:
        outputs = {name: sql for name, sql in join.outputs.items() if name in wanted}
        sources = [f'"{self._at(source, level)}" {q}' for q, (source, level) in join.sources.items()]
        keys = [f"{key} AS k{i}" for i, key in enumerate(join.keys)]
        listed = ", ".join([*keys, *(f'{sql} AS "{name}"' for name, sql in outputs.items())])
        source = sources[0] if len(sources) == 1 else f"{sources[0]} JOIN {sources[1]} ON {join.on}"
        source += f" WHERE {join.where}" if join.where else ""
        group = f" GROUP BY {', '.join(join.keys)}" if join.grouped else ""
        on = " AND ".join(f"{join.alias}.k{i} = {qualify(match, OWN)}" for i, match in enumerate(join.match))
        return f"LEFT JOIN (SELECT {listed} FROM {source}{group}) {join.alias} ON {on}"

    def _at(self, frame: Frame, level: int) -> str:
        return stage_name(frame, max(each for each in self.levels(frame) if each <= level))


def _named(texts: Iterable[str], qualifier: str = "") -> set[str]:
    """The columns that expressions read from a qualifier."""
    return {name for text in texts for q, name in NAME.findall(text) if q == qualifier}


def stage_name(frame: Frame, level: int) -> str:
    return f"{frame.name}__{level:02d}"


def _listed(columns: Iterable[tuple[str, str, str]]) -> str:
    """Columns one a line, with what they are."""
    lines = []
    rows = list(columns)
    for i, (sql, name, comment) in enumerate(rows):
        comma = "," if i + 1 < len(rows) else ""
        lines.append(f'    {sql} AS "{name}"{comma}' + (f"  -- {comment}" if comment else ""))
    return "\n".join(lines)
