"""What a screen reader would be given of a page: Chromium's accessibility tree, asked for over its debugging pipe."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# The browser reads messages from its third file and writes them to its fourth.
START = """
import fcntl, os, sys
read, write = (fcntl.fcntl(int(fd), fcntl.F_DUPFD, 10) for fd in sys.argv[1:3])
os.dup2(read, 3)
os.dup2(write, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
LAID_OUT = "location.protocol === 'file:' && document.readyState === 'complete'"


@dataclass
class Spoken:
    """One thing that is read aloud: its role, its name, the level of a heading, and what is in it."""

    role: str
    name: str
    level: int
    parts: list[Spoken] = field(default_factory=list)

    def all(self, *roles: str) -> Iterator[Spoken]:
        """Everything of some roles below, in the order in which it is read."""
        for part in self.parts:
            if part.role in roles:
                yield part
            yield from part.all(*roles)


@dataclass
class _Pipe:
    """Messages to the browser and back, each ended by a zero byte."""

    out: int
    back: int
    held: bytes = b""
    number: int = 0

    def call(self, method: str, session: str = "", **parameters: object) -> dict[str, Any]:
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        os.write(self.out, json.dumps(message | ({"sessionId": session} if session else {})).encode() + b"\0")
        while True:
            while b"\0" not in self.held:
                more = os.read(self.back, 1 << 20)
                assert more, "the browser has gone"
                self.held += more
            one, _, self.held = self.held.partition(b"\0")
            answer = json.loads(one)
            if answer.get("id") == self.number:
                result: dict[str, Any] = answer["result"]
                return result


def spoken(browser: str, page: Path, profile: Path) -> Spoken:
    """The tree of one page."""
    (read, out), (back, write) = os.pipe(), os.pipe()
    started = subprocess.Popen(
        [sys.executable, "-c", START, str(read), str(write), browser, "--headless", "--no-sandbox", "--disable-gpu",
         f"--user-data-dir={profile}", "--remote-debugging-pipe", "about:blank"],
        pass_fds=(read, write), stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(read)
    os.close(write)
    try:
        pipe = _Pipe(out, back)
        target = pipe.call("Target.createTarget", url=page.as_uri())["targetId"]
        session = pipe.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        pipe.call("Accessibility.enable", session)
        while not pipe.call("Runtime.evaluate", session, expression=LAID_OUT)["result"]["value"]:
            pass
        nodes = pipe.call("Accessibility.getFullAXTree", session)["nodes"]
        pipe.call("Browser.close")
        started.wait(60)
    finally:
        os.close(out)
        os.close(back)
        if started.poll() is None:
            started.kill()
            started.wait(60)
    known = {node["nodeId"]: node for node in nodes}
    root = Spoken("page", "", 0)
    _add(nodes[0], known, root)
    return root


def _add(node: dict[str, Any], known: dict[str, dict[str, Any]], into: Spoken) -> None:
    """A node and what is below it; what is ignored only passes on what it holds."""
    if not node["ignored"]:
        levels = [p["value"]["value"] for p in node.get("properties", ()) if p["name"] == "level"]
        name = str(node.get("name", {}).get("value", ""))
        one = Spoken(str(node["role"]["value"]), name, int(levels[0]) if levels else 0)
        into.parts.append(one)
        into = one
    for child in node.get("childIds", ()):
        if child in known:
            _add(known[child], known, into)
