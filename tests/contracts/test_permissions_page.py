"""docs/permissions.md says what the code does: it is written from the one map."""

from pathlib import Path

from webapp.accounts.permissions import LANDING, ROLES, SCOPES, Permission, Role

PAGE = Path(__file__).resolve().parents[2] / "docs" / "permissions.md"


def page() -> str:
    """Return the page as it must read: `python -m tests.contracts.test_permissions_page` writes it."""
    roles = list(Role)
    lines = [
        "# Who may do what",
        "",
        "Permissions are words `resource:action`. Every page, callback and route declares one; a role is a set of them",
        "(`webapp/accounts/permissions.py`), and a person may have several roles. This page is made from that map.",
        "",
        f"| permission | {' | '.join(role.label for role in roles)} |",
        f"|---|{'---|' * len(roles)}",
    ]
    for permission in Permission:
        marks = " | ".join("✓" if permission in ROLES[role] else " " for role in roles)
        lines.append(f"| `{permission}` | {marks} |")
    lines += ["", "## Where each role begins", "", "| role | page |", "|---|---|"]
    lines += [f"| {role.label} | `{path}` |" for role, path in LANDING.items()]
    lines += ["", "## What a token may do", "", "| scope | permissions |", "|---|---|"]
    for scope, granted in SCOPES.items():
        lines.append(f"| `{scope}` | {', '.join(f'`{each}`' for each in sorted(granted))} |")
    lines.append("| `ingest:<model>`, `ingest:*` | `events:write`, for that model or for all |")
    return "\n".join(lines) + "\n"


def test_the_page_says_what_the_map_says():
    assert PAGE.read_text(encoding="utf-8") == page()


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
