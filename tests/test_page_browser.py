"""The printed page in a real browser, where there is one: nothing sticks out, nothing is fetched, sheets of A4.

Looks for Chromium, Chrome or Edge in the usual places; without one the tests are skipped, and say so.
"""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest

from tests.accessibility import spoken
from tests.printed import CALLS, EXAMPLES, HOSTILE, consortium, printed
from tests.support import ROOT

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge", "microsoft-edge")
BROWSER = os.environ.get("BROWSER_FOR_TESTS") or next(filter(None, map(shutil.which, NAMES)), "")
pytestmark = pytest.mark.skipif(
    not BROWSER, reason=f"no browser here: none of {', '.join(NAMES)} is installed"
)

# Run in the page by the test alone; the page itself has no scripts.
PROBE = """
<script>
const lum = c => { const [r, g, b] = c.map(v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
const rgb = text => { const n = text.match(/[\\d.]+/g).map(Number); return n.length > 3 && n[3] === 0 ? null : n.slice(0, 3); };
const behind = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c) return c; } return [255, 255, 255]; };
const out = [], dim = [];
for (const e of document.querySelectorAll("main *")) {
  if (e.closest(".aloud")) continue;
  const box = e.getBoundingClientRect(), paper = e.closest(".paper").getBoundingClientRect();
  if (box.width && (box.left < paper.left - 1 || box.right > paper.right + 1)) out.push(e.className + " " + e.textContent.slice(0, 30));
  const own = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
  if (own) {
    const style = getComputedStyle(e), a = lum(rgb(style.color)), b = lum(behind(e));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) dim.push(ratio.toFixed(2) + " " + e.className + " " + e.textContent.slice(0, 30));
  }
}
const body = document.body; const root = document.documentElement;
body.dataset.found = JSON.stringify({ out, dim, wide: root.scrollWidth, window: innerWidth,
  fetched: performance.getEntriesByType("resource").length });
</script>
"""


def chrome(tmp_path: Path, *arguments: str) -> str:
    done = subprocess.run(
        [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-pdf-header-footer",
         f"--user-data-dir={tmp_path / 'profile'}", *arguments],
        capture_output=True, encoding="utf-8", errors="replace", timeout=120, check=True,
    )  # fmt: skip
    return done.stdout


def probe(tmp_path: Path, text: str, width: int) -> dict[str, object]:
    page = tmp_path / "page.html"
    page.write_text(text.replace("</body>", PROBE + "</body>"), "utf-8")
    dom = chrome(tmp_path, f"--window-size={width},900", "--dump-dom", page.as_uri())
    found = re.search(r'data-found="([^"]*)"', dom)
    assert found is not None, dom[-500:]
    result: dict[str, object] = json.loads(html.unescape(found[1]))
    return result


def sheets(tmp_path: Path, text: str) -> tuple[int, list[str]]:
    """How many sheets of paper a page takes, and their sizes."""
    page, pdf = tmp_path / "page.html", tmp_path / "page.pdf"
    page.write_text(text, "utf-8")
    chrome(tmp_path, f"--print-to-pdf={pdf}", page.as_uri())
    data = pdf.read_bytes().decode("latin-1")
    boxes = re.findall(r"/MediaBox\s*\[([^\]]*)\]", data)
    return len(re.findall(r"/Type\s*/Page\b(?!s)", data)), boxes


@pytest.fixture(autouse=True)
def _in_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("call", CALLS[-2:], ids=["what-if", "all kinds of page"])
def test_at_1366_pixels_nothing_sticks_out_and_all_can_be_read(
    call: tuple[str, ...], lang: str, tmp_path: Path
) -> None:
    found = probe(tmp_path, printed(*call, "--lang", lang), 1366)
    assert found["out"] == [] and found["dim"] == []
    assert found["wide"] == found["window"] == 1366 and found["fetched"] == 0


def test_a_narrow_window_and_hostile_names_hold(tmp_path: Path) -> None:
    text = printed("-", stdin=consortium(8, HOSTILE + "W" * 120))
    for width in (1366, 600, 500):
        found = probe(tmp_path, text, width)
        assert found["out"] == [] and found["wide"] == found["window"], found


def test_each_kind_prints_on_few_sheets_of_a4_and_several_begin_on_their_own(tmp_path: Path) -> None:
    total = 0
    for name, most in zip(EXAMPLES, (2, 4, 2, 2), strict=True):
        count, boxes = sheets(tmp_path, printed(f"examples/{name}.yaml"))
        assert 1 <= count <= most, name
        total += count
        for box in boxes:
            _, _, width, height = (round(float(side)) for side in box.split())
            assert abs(width - 595) <= 1 and abs(height - 842) <= 1
    assert sheets(tmp_path, printed(*(f"examples/{name}.yaml" for name in EXAMPLES)))[0] == total + 1


def test_forty_members_print_on_few_sheets(tmp_path: Path) -> None:
    assert sheets(tmp_path, printed("-", stdin=consortium(40, "同名企业")))[0] <= 7


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", [*EXAMPLES, "all"])
def test_a_screen_reader_is_given_headings_in_order_tables_with_heads_and_no_nameless_graphic(
    name: str, lang: str, tmp_path: Path
) -> None:
    files = [f"examples/{each}.yaml" for each in (EXAMPLES if name == "all" else (name,))]
    page = tmp_path / "page.html"
    page.write_text(printed(*files, "--lang", lang), "utf-8")
    tree = spoken(BROWSER, page, tmp_path / "profile")
    headings = list(tree.all("heading"))
    levels = [heading.level for heading in headings]
    assert len(levels) > 3 and levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels)), [
        (heading.level, heading.name) for heading in headings
    ]
    assert all(heading.name.strip() for heading in headings)
    tables = list(tree.all("table"))
    assert tables and all(table.name and list(table.all("columnheader")) for table in tables)
    assert all(head.name.strip() for table in tables for head in table.all("columnheader"))
    graphics = list(
        tree.all("image", "img", "graphics-document", "SvgRoot", "Canvas", "meter", "progressbar")
    )
    assert all(graphic.name for graphic in graphics)
    if name in ("装备升级", "共同体"):
        [bar] = graphics
        assert ("100万元" if lang == "zh" else "1,000,000.00 yuan") in bar.name
    assert not list(tree.all("button", "textbox", "checkbox"))  # nothing that looks as if it did something
    assert all(link.name for link in tree.all("link"))
    assert all(list(item.all("StaticText")) for item in tree.all("listitem"))
