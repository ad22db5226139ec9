"""One table an entity kind that grows by columns, level by level, until everything asked for is in it.

A column's level is one more than that of what it reads, over all frames, so that a stage of a frame (all
columns up to a level) only reads stages of lower levels. Facts of entities that are reached along references
are joined at one level; aggregates, and values of other dated entities, are joined at the level at which
they are ready.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from policyengine.columns.domain import FALSE, TRUE, Col, Day, Fixed, Num, Truth, Whole, Word
from policyengine.columns.numbers import Arithmetic

NAME = re.compile(r'(?:(?<![\w"])(\w+)\.)?"([^"]+)"')  # an optional qualifier and a column
_ATOM = re.compile(r"""("[^"]+"|TRUE|FALSE|'[^']*'|DATE '[^']*'|CAST\(-?\d+ AS [^()]+(\(\d+, *\d+\))?\))\Z""")
ALONG = (
    4  # the level of facts along references: what is reckoned from own facts alone stands before that join
)
_LONG = 200  # characters of a condition that is written out
OWN = "p"  # the alias of a frame's own rows in its stages


def alias_of(path: tuple[str, ...]) -> str:
    """The alias of the staged row that a path of references leads to."""
    return "r_" + "__".join(path) if path else OWN


@dataclass(slots=True)
class Join:
    """Columns that come from elsewhere at a level.

    `sources`: qualifier to (frame, level); `on` links several. `keys` are matched with the own columns `match`;
    `grouped`: one row a key, `outputs` being aggregates; `where`: only these rows of the source.
    """

    alias: str
    level: int
    sources: dict[str, tuple[Frame, int]]
    on: str
    keys: tuple[str, ...]
    match: tuple[str, ...]
    grouped: bool
    where: str = ""
    outputs: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Column:
    name: str
    sql: str
    level: int
    comment: str = ""
    join: Join | None = None
    staged: bool = False


@dataclass(slots=True)
class Frame:
    """All that is known of the entities of a kind, in columns. `refs` are the paths whose facts are joined."""

    name: str
    columns: dict[str, Column] = field(default_factory=dict)
    joins: list[Join] = field(default_factory=list)
    refs: dict[tuple[str, ...], str] = field(default_factory=dict)
    _texts: dict[str, str] = field(default_factory=dict)

    def level(self, *texts: str) -> int:
        """The highest level of the own columns that expressions read."""
        return max((self.columns[name].level for text in texts for _, name in NAME.findall(text)), default=0)

    def base(self, name: str, sql: str, level: int = 0) -> str:
        """A column read from the own staged table (level 0) or from those that references lead to (`ALONG`)."""
        self.columns.setdefault(name, Column(name, sql, level, staged=True))
        return f'"{name}"'

    def define(self, name: str, sql: str, comment: str = "") -> str:
        """The expression as a column; an expression that is there already is not computed again."""
        if _ATOM.match(sql):
            return sql
        if sql in self._texts and not comment:
            return self._texts[sql]
        free = self._free(name)
        self.columns[free] = Column(free, sql, self.level(sql) + 1, comment)
        self._texts.setdefault(sql, f'"{free}"')
        return f'"{free}"'

    def shortened(self, name: str, sql: str) -> str:
        """A condition that is written into others: a long one as a column, so that no text grows with every step."""
        return self.define(name, sql) if len(sql) > _LONG else sql

    def _free(self, name: str) -> str:
        free, n = name, 1
        while free in self.columns:
            n += 1
            free = f"{name}~{n}"
        return free

    def same_within(self, sql: str, keys: Iterable[str]) -> bool:
        """Whether an expression is surely the same on all rows with equal keys (own columns)."""
        fixed = {name for key in keys for _, name in NAME.findall(key)}
        open_ = [name for _, name in NAME.findall(sql)]
        seen = set(fixed)
        while open_:
            name = open_.pop()
            if name in seen:
                continue
            seen.add(name)
            column = self.columns[name]
            if column.join is not None:
                open_ += [own for match in column.join.match for _, own in NAME.findall(match)]
            elif column.level == ALONG and column.staged:
                open_.append(name.partition(".")[0])  # by the reference that leads there
            elif column.staged:
                return False
            else:
                open_ += [own for _, own in NAME.findall(column.sql)]
        return True

    def join(
        self, sources: dict[str, Frame], on: str, keys: tuple[str, ...], match: tuple[str, ...],
        outputs: dict[str, tuple[str, str]], grouped: bool, where: str = "",
    ) -> dict[str, str]:  # fmt: skip
        """Columns from other frames. `outputs`: name to (expression there, what it is where nothing matches)."""
        texts = [on, where, *keys, *(sql for sql, _ in outputs.values())]
        at = {q: (frame, qualified_level(frame, q, texts)) for q, frame in sources.items()}
        level = 1 + max([self.level(*match), *(level for _, level in at.values())])
        for join in self.joins:
            mine = (join.on, join.keys, join.match, join.grouped, join.level, join.where)
            same = mine == (on, keys, match, grouped, level, where)
            if same and {q: f for q, (f, _) in join.sources.items()} == sources:
                join.sources = {q: (f, max(at[q][1], join.sources[q][1])) for q, f in sources.items()}
                break
        else:
            join = Join(f"j{len(self.joins) + 1}", level, at, on, keys, match, grouped, where)
            self.joins.append(join)
        found = {}
        for name, (sql, missing) in outputs.items():
            known = next((n for n, s in join.outputs.items() if s == sql), "")
            column = self.columns.get(known)
            shown = _missing(f'{join.alias}."{{}}"', missing)
            if column is None or column.sql != shown.format(known):
                free = self._free(name)
                join.outputs[free] = sql
                self.columns[free] = Column(free, shown.format(free), level, join=join)
                known = free
            found[name] = f'"{known}"'
        return found

    def beside(self, name: str, sql: str, where: str, otherwise: str) -> str:
        """A window over only those own rows for which `where`, which are few; what it is for the others.

        A window carries along all columns of its rows, so that it is computed on the side, over those that it needs.
        """
        outputs = {name: (qualify(sql, "e"), otherwise)}
        found = self.join({"e": self}, "", ('e."id"',), ('"id"',), outputs, False, qualify(where, "e"))
        return found[name]


def _missing(sql: str, otherwise: str) -> str:
    return f"COALESCE({sql}, {otherwise})" if otherwise else sql


def qualified_level(frame: Frame, qualifier: str, texts: Iterable[str]) -> int:
    """The highest level of a source's columns that expressions read."""
    names = (name for text in texts for q, name in NAME.findall(text) if q == qualifier)
    return max((frame.columns[name].level for name in names), default=0)


def qualify(sql: str, qualifier: str) -> str:
    """The expression with its bare columns read from an alias."""
    return NAME.sub(lambda found: found[0] if found[1] else f'{qualifier}."{found[2]}"', sql)


# --- values as columns ---


def store(frame: Frame, num: Arithmetic, name: str, col: Col, comment: str = "") -> Col:
    """A value as columns of a frame: the value itself, and its masks where these are not constant."""
    known, fault = f"{name}__known", f"{name}__fault"
    match col:
        case Truth():
            yes = frame.define(name, col.yes, comment)
            no = None if col.no_ is None else frame.define(f"{name}__no", col.no_)
            return Truth(yes, no, frame.define(fault, col.fault))
        case Num():
            col = num.plain(col)
            unit = f"{comment}（单位 1/{col.scale.denominator}）" if comment and col.scale != 1 else comment
            raw = frame.define(name, col.raw, unit)
            den = (
                None
                if col.den is None
                else Whole(frame.define(f"{name}__den", col.den.sql), col.den.low, col.den.high)
            )
            col = replace(col, raw=raw, den=den)
        case Day() | Word():
            col = replace(col, sql=frame.define(name, col.sql, comment))
        case Fixed():
            return col
    return replace(
        col, known=frame.define(known, col.known), fault=frame.define(fault, col.fault),
        none=frame.define(f"{name}__none", col.none),
    )  # fmt: skip


def parts(col: Col) -> Iterator[tuple[str, str]]:
    """The expressions of a value, each with what it is where there is no row: unknown, within the bounds."""
    match col:
        case Truth():
            yield col.yes, FALSE
            yield from ((col.no_, FALSE),) if col.no_ is not None else ()
            yield col.fault, FALSE
            return
        case Num():
            yield col.raw, str(col.low)
            yield from ((col.den.sql, str(col.den.low)),) if col.den is not None else ()
        case Day():
            yield col.sql, f"DATE '{col.low.isoformat()}'"
        case Word():
            yield col.sql, "''"
    yield col.known, FALSE
    yield col.fault, FALSE
    if not isinstance(col, Fixed):
        yield col.none, TRUE


def mapped(col: Col, change: dict[str, str]) -> Col:
    """The value with its expressions replaced."""

    def to(sql: str) -> str:
        return change.get(sql, sql)

    match col:
        case Truth():
            return Truth(to(col.yes), None if col.no_ is None else to(col.no_), to(col.fault))
        case Num():
            den = None if col.den is None else Whole(to(col.den.sql), col.den.low, col.den.high)
            return replace(
                col, raw=to(col.raw), den=den, known=to(col.known), fault=to(col.fault), none=to(col.none)
            )
        case Day() | Word():
            return replace(col, sql=to(col.sql), known=to(col.known), fault=to(col.fault), none=to(col.none))
        case Fixed():
            return col


def read_from(col: Col, qualifier: str) -> Col:
    """The value as it is read from an alias."""
    return mapped(col, {sql: qualify(sql, qualifier) for sql, _ in parts(col)})
