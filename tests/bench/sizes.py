"""How long files and functions are: habits to keep an eye on, not gates."""

import ast
import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    sources, tests = list(_files("webapp", "migrations")), list(_files("tests"))
    lines = {path: path.read_text().count("\n") for path in sources}
    lengths = {f"{path.relative_to(ROOT)}:{name}": size for path in sources for name, size in _functions(path)}
    _print("file lines", list(lines.values()))
    _print("function lines", list(lengths.values()))
    for name, size in sorted(lengths.items(), key=lambda pair: -pair[1])[:5]:
        print(f"    {size:4} {name}")
    for path, size in sorted(lines.items(), key=lambda pair: -pair[1])[:5]:
        print(f"    {size:4} {path.relative_to(ROOT)}")
    total, tested = sum(lines.values()), sum(path.read_text().count("\n") for path in tests)
    print(f"source {total} lines, tests {tested} lines, ratio {tested / max(total, 1):.2f}")


def _files(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from (path for path in sorted((ROOT / folder).rglob("*.py")) if path.stat().st_size)


def _functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
            yield node.name, node.end_lineno - node.lineno + 1


def _print(what: str, sizes: Sequence[int]) -> None:
    ordered = sorted(sizes)
    ninetieth = ordered[int(len(ordered) * 0.9)]
    print(f"{what}: median {statistics.median(ordered):.0f}, 90th percentile {ninetieth}, largest {ordered[-1]}")


if __name__ == "__main__":
    main()
