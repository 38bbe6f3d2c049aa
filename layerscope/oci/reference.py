"""How a user names an image: `transport:path[:name]`, and names of images that mean the same."""

from __future__ import annotations

from layerscope.errors import Unsupported

__all__ = ["FILE_TRANSPORTS", "normalize_name", "refuse_remote", "same_image_name", "split_transport"]

FILE_TRANSPORTS = ("docker-archive", "oci-archive", "oci", "dir")
"""The transports that skopeo and podman users know and that lead to files."""

_SAVE_FIRST = {
    "docker-daemon": "docker save {name} | layerscope inspect -",
    "docker": "skopeo copy docker://{name} oci-archive:image.tar && layerscope inspect image.tar",
    "containers-storage": "podman save --format oci-archive {name} | layerscope inspect -",
    "containerd": "ctr image export - {name} | layerscope inspect -",
}


def split_transport(text: str) -> tuple[str, str]:
    """Split `oci:path` into `oci` and `path`; the transport is empty if none of those known is in front."""
    transport, colon, rest = text.partition(":")
    return (transport, rest) if colon and transport in FILE_TRANSPORTS else ("", text)


def refuse_remote(text: str) -> None:
    """Raise Unsupported for a transport that leads to a daemon or a registry; say how to save the image."""
    transport, colon, rest = text.partition(":")
    if colon and transport in _SAVE_FIRST:
        command = _SAVE_FIRST[transport].format(name=rest.removeprefix("//") or "NAME")
        raise Unsupported(f"{text}: layerscope reads saved images; save it first: {command}")


def normalize_name(name: str) -> str:
    """The full form that Docker gives a name: `alpine` becomes `docker.io/library/alpine:latest`."""
    first, slash, _ = name.partition("/")
    if not slash or not ("." in first or ":" in first or first == "localhost"):
        name = f"docker.io/{name}" if slash else f"docker.io/library/{name}"
    elif name.startswith("docker.io/") and name.count("/") == 1:
        name = name.replace("docker.io/", "docker.io/library/", 1)
    return name if "@" in name or ":" in name.rpartition("/")[2] else f"{name}:latest"


def same_image_name(one: str, other: str) -> bool:
    """Tell whether two names mean the same image."""
    return one == other or normalize_name(one) == normalize_name(other)
