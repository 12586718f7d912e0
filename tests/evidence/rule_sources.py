"""The digest of a rule's source: what a change of the rule changes, and a comment does not.

It covers the judge's function, what that function uses of its own module, and the modules of
imagegen/node that serve this module of rules alone.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from imagegen.node import rules
from imagegen.node.rules import RULES

NODE = Path(rules.__file__).resolve().parents[1]
_Definition = ast.FunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign


def compute_rule_digest(name: str) -> str:
    """Sixteen hex digits of the sha256 of a rule's source."""
    rule = RULES[name]
    module = NODE / "rules" / f"{rule.module}.py"
    parts = [*_used_definitions(module, rule.function),
             *(_without_prose(path.read_text()) for path in _own_helpers(module))]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _used_definitions(module: Path, function: str) -> Iterator[str]:
    """The sources of a function and of all that it uses of its module, in the module's order."""
    text = module.read_text()
    definitions = {name: node for node in ast.parse(text).body if isinstance(node, _Definition)
                   for name in _defined_names(node)}
    used: set[str] = set()
    wanted = [function]
    while wanted:
        name = wanted.pop()
        if name in definitions and name not in used:
            used.add(name)
            wanted += [one.id for one in ast.walk(definitions[name]) if isinstance(one, ast.Name)]
    for name, node in definitions.items():
        if name in used:
            yield _without_prose(ast.get_source_segment(text, node) or "")


def _defined_names(node: _Definition) -> list[str]:
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return [one.id for target in targets for one in ast.walk(target) if isinstance(one, ast.Name)]


def _without_prose(text: str) -> str:
    """The lines of code: no comment line, no docstring, no blank line."""
    prose: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            prose.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return "\n".join(line.rstrip() for number, line in enumerate(text.splitlines(), 1)
                     if number not in prose and line.strip() and not line.strip().startswith("#"))


def _own_helpers(module: Path) -> list[Path]:
    """The modules of imagegen/node that only this module needs, directly or through another."""
    own = {module}
    while True:
        more = {path for path, users in _users().items()
                if path not in own and users and users <= own and path.name != "__init__.py"}
        if not more:
            return sorted(own - {module})
        own |= more


@cache
def _users() -> dict[Path, set[Path]]:
    """The modules of imagegen/node, each with the modules that import it."""
    found: dict[Path, set[Path]] = {path: set() for path in NODE.rglob("*.py")}
    for path in found:
        for one in ast.walk(ast.parse(path.read_text())):
            if isinstance(one, ast.ImportFrom) and one.level:
                for target in _imported_files(path, one):
                    if target in found and target != path:
                        found[target].add(path)
    return found


def _imported_files(path: Path, statement: ast.ImportFrom) -> Iterator[Path]:
    """The files that a relative import may mean: a module, a package, or a package's modules."""
    base = path.parents[statement.level - 1].joinpath(*(statement.module or "").split("."))
    for place in (base, *(base / alias.name for alias in statement.names)):
        yield place.with_suffix(".py")
        yield place / "__init__.py"
