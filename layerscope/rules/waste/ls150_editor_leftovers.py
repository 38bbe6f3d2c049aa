"""What editors, desktops and shells leave behind.

## What it finds

Backup and swap files of editors (`*~`, `.*.swp`, `*.bak`), rejected and original files of `patch` (`*.rej`,
`*.orig`), settings of editors (`.idea`, `.vscode`), files of desktops (`.DS_Store`, `Thumbs.db`),
configuration files that package managers put aside (`*.dpkg-old`, `*.rpmnew`), and histories of interactive
programs (`.bash_history`). What a package brings along is not meant.

## Why it matters

Most are small. But a backup may hold what was taken out of a file on purpose, and a history holds commands
with passwords.

## How to fix it

Name them in `.dockerignore`:

    **/*~
    **/*.bak
    **/*.orig
    **/.*.swp
    **/.DS_Store
    **/.idea
    **/.vscode

A history comes from working in a container and committing it: write a Dockerfile instead.
"""

from __future__ import annotations

from layerscope.rules.base import PatternRule
from layerscope.rules.evidence import Evidence
from layerscope.rules.finding import Fix
from layerscope.rules.origins import in_vendored_code

__all__ = ["EditorLeftovers"]

_IGNORE = "remove them in the instruction that writes them, and name them in .dockerignore"


class EditorLeftovers(PatternRule):
    """Live leftovers, told by their names, unless a package owns them."""

    id = "LS150"
    name = "editor-leftovers"
    patterns = {
        "editors": (
            "**/*~",
            "**/.*.swp",
            "**/.*.swo",
            "**/#*#",
            "**/*.bak",
            "**/*.orig",
            "**/*.rej",
            "**/.idea/**",
            "**/.vscode/**",
        ),
        "desktops": ("**/.DS_Store", "**/__MACOSX/**", "**/Thumbs.db"),
        "configuration": (
            "etc/**/*.dpkg-old",
            "etc/**/*.dpkg-dist",
            "etc/**/*.dpkg-new",
            "etc/**/*.dpkg-bak",
            "etc/**/*.ucf-old",
            "etc/**/*.ucf-dist",
            "etc/**/*.rpmsave",
            "etc/**/*.rpmnew",
            "etc/**/*.rpmorig",
            "etc/**/*.apk-new",
            "etc/**/*.pacnew",
            "etc/**/*.pacsave",
        ),
        "histories": (
            "**/.bash_history",
            "**/.ash_history",
            "**/.zsh_history",
            "**/.python_history",
            "**/.node_repl_history",
            "**/.mysql_history",
            "**/.psql_history",
            "**/.sqlite_history",
            "**/.rediscli_history",
            "**/.viminfo",
            "**/.lesshst",
            "**/.wget-hsts",
        ),
    }
    messages = {
        "editors": "backups, swap files or settings of editors are stored",
        "desktops": "files of a desktop are stored",
        "configuration": "configuration files that a package manager put aside are stored",
        "histories": "histories of interactive programs are stored",
    }
    fixes = {
        "editors": Fix(_IGNORE + ": **/*~, **/*.bak, **/*.orig, **/.*.swp, **/.idea, **/.vscode"),
        "desktops": Fix(_IGNORE + ": **/.DS_Store, **/__MACOSX, **/Thumbs.db"),
        "configuration": Fix(
            "decide which of the two is right, and remove the other in the same instruction"
        ),
        "histories": Fix(
            "remove them in the instruction that writes them", "RUN wget URL && rm -f /root/.wget-hsts"
        ),
    }

    def keeps(self, evidence: Evidence, inode: int) -> bool:
        """Packages bring such files along, and a program may need what it was installed with."""
        return evidence.package(inode) is None and not any(map(in_vendored_code, evidence.names(inode)))
