"""What an editor needs to complete and check files: settings for VS Code, beside the schemas themselves.

Nothing is fetched from anywhere: the settings name the schema files by their place, and switch the
catalogues off that the YAML extension would download.
"""

from __future__ import annotations

from collections.abc import Iterable

from policyengine.schema import schema_text
from policyengine.schema.files import file_name

NAMES = ("policy", "overlay", "case", "scenarios", "decision")
SCHEMAS = ".vscode/schemas"  # where the schema files are put, from the folder that the editor opens
EXTENSION = "redhat.vscode-yaml"

# Folders by convention, whatever they are called above. A `*` does not cross a `/`.
_USUAL = {
    "policy": ("policies/*/*.yaml",),
    "scenarios": ("policies/*/tests/*.yaml",),
    "overlay": ("overlays/*.yaml", "*.overlay.yaml", "修订*.yaml"),
    "case": ("cases/*.yaml", "*.case.yaml", "申报*.yaml"),
}


def settings(policies: Iterable[str]) -> dict[str, object]:
    """`.vscode/settings.json`. `policies`: folders of policies, as `/` paths from what is opened."""
    globs = {kind: list(usual) for kind, usual in _USUAL.items()}
    for folder in policies:
        globs["policy"].append(f"{folder}/*.yaml")
        globs["scenarios"].append(f"{folder}/tests/*.yaml")
    return {
        "yaml.schemas": {
            f"./{SCHEMAS}/{file_name(kind)}": list(dict.fromkeys(found)) for kind, found in globs.items()
        },
        "yaml.schemaStore.enable": False,
        "yaml.kubernetesCRDStore.enable": False,
        "files.encoding": "utf8",
        "files.eol": "\n",
        "[yaml]": {"editor.tabSize": 2, "editor.insertSpaces": True},
    }


def extensions() -> dict[str, object]:
    """`.vscode/extensions.json`."""
    return {"recommendations": [EXTENSION]}


def schema_files() -> dict[str, str]:
    """The schema files by name. They refer to one another, so they belong in one folder."""
    return {file_name(name): schema_text(name) for name in NAMES}


def merged(there: dict[str, object], ours: dict[str, object]) -> dict[str, object]:
    """Settings that are there already, with ours added; objects merge, everything else is ours."""
    result = dict(there)
    for key, value in ours.items():
        old = result.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            result[key] = {**old, **value}
        elif isinstance(old, list) and isinstance(value, list):
            result[key] = [*old, *(item for item in value if item not in old)]
        else:
            result[key] = value
    return result
