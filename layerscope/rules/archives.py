"""What to do about an archive that is stored: by its kind, and by the instruction that stores it."""

from __future__ import annotations

from layerscope.rules.evidence import Evidence
from layerscope.rules.finding import Fix
from layerscope.rules.origins import Writer, writer_of

__all__ = ["ARCHIVES", "archive_fix"]

ARCHIVES = {
    "tar": ("tar", "tar.gz", "tgz", "tar.bz2", "tbz2", "tar.xz", "txz", "tar.zst"),
    "other-tar": ("tar.lz4", "tar.lzma"),
    "zip": ("zip", "7z", "rar", "war", "ear"),
    "deb": ("deb",),
    "rpm": ("rpm",),
    "apk": ("apk",),
    "wheel": ("whl",),
}
"""Kind to the endings of names. ADD unpacks those of `tar`, if they are local, and none of the others."""

_FILES = {
    "tar": "app.tar.gz",
    "other-tar": "app.tar.lz4",
    "zip": "app.zip",
    "deb": "app.deb",
    "rpm": "app.rpm",
    "apk": "app.apk",
    "wheel": "app-1.0-py3-none-any.whl",
}
_USES = {
    "tar": "tar -xzf {} -C /opt",
    "other-tar": "lz4 -dc {} | tar -x -C /opt",
    "zip": "unzip {} -d /opt/app",
    "deb": "apt-get update && apt-get install -y --no-install-recommends {} && rm -rf /var/lib/apt/lists/*",
    "rpm": "rpm -i {}",
    "apk": "apk add --no-cache --allow-untrusted {}",
    "wheel": "pip install --no-cache-dir {}",
}


def archive_fix(evidence: Evidence, layer: int, kind: str) -> Fix:
    """How to keep an archive of this kind out of the layer that stores it."""
    writer = writer_of(evidence, layer)
    name = _FILES[kind]
    file = f"/tmp/{name}"  # noqa: S108  (in the container that a reader builds)
    use = _USES[kind].format(file)
    if writer in (Writer.CONTEXT, Writer.STAGE):
        if kind == "tar" and evidence.keyword(layer) == "COPY" and writer is Writer.CONTEXT:
            return Fix(
                "let ADD unpack the archive, which then is not stored (where another stage has it, mount it: "
                "ADD unpacks only what is in the build context)",
                f"ADD {name} /opt/",
            )
        source = f"from=build,source=/{name}" if writer is Writer.STAGE else f"source={name}"
        return Fix(
            "mount the file where it is used instead of copying it: deleting it later frees nothing",
            f"RUN --mount=type=bind,{source},target={file} {use}",
        )
    url = f"https://example.com/{name}"
    if kind == "tar":
        text = "download, unpack and delete in one instruction, or unpack what comes down without storing it"
        if writer is Writer.URL:
            text = "ADD does not unpack what it downloads: download and unpack it in one RUN"
        return Fix(text, f"RUN curl -fsSL {url} | tar -xz -C /opt")
    text = "download, use and delete it in one instruction"
    if writer is Writer.URL:
        text = "download, use and delete it in one RUN: deleting what ADD downloaded frees nothing"
    return Fix(text, f"RUN curl -fsSLo {file} {url} && {use} && rm {file}")
