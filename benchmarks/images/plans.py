"""The plans of the synthetic images: what is in them, as data."""

from __future__ import annotations

from benchmarks.images.synthetic import FileSizes, ImagePlan, LayerPlan

__all__ = ["BIG", "FILES_300K", "LAYERS_120", "MILLION", "PY2G", "SMALL", "TEN_THOUSAND"]

_USR = "usr/lib"
_SHARE = "usr/share"
_SITE = "opt/venv/lib/python3.11/site-packages"
_NODE = "srv/app/node_modules"
_APP = "srv/app"

PY2G = ImagePlan(
    layers=(
        LayerPlan(_USR, new=4_600, instruction="#(nop) ADD file:rootfs.tar in / "),
        LayerPlan(_SHARE, new=5_200, rewritten=120, instruction="apt-get install -y build-essential"),
        LayerPlan(_SHARE, rewritten=60, removed_files=24, instruction="rm -rf /var/lib/apt/lists/*"),
        LayerPlan(_USR, new=6_300, rewritten=200, instruction="apt-get install -y python3.11"),
        LayerPlan(_USR, new=300, instruction="curl -o /tmp/x && tar xf /tmp/x"),
        LayerPlan(_SITE, new=3_100, instruction="python3 -m venv /opt/venv"),
        LayerPlan(_SITE, new=8_200, rewritten=40, instruction="pip install numpy scipy"),
        LayerPlan(_SITE, new=7_100, rewritten=90, instruction="pip install -r requirements.txt"),
        LayerPlan(_SITE, removed_files=40, removed_directories=12, instruction="pip uninstall -y setuptools"),
        LayerPlan(_USR, new=2_400, rewritten=80, instruction="apt-get install -y nodejs npm"),
        LayerPlan(_NODE, new=9_400, instruction="npm ci"),
        LayerPlan(_APP, new=500, instruction="#(nop) COPY dir:app in /srv/app "),
        LayerPlan(_APP, new=900, rewritten=150, instruction="npm run build"),
        LayerPlan(_NODE, removed_directories=90, instruction="npm prune --omit=dev"),
        LayerPlan(_APP, chowned=8_000, instruction="chown -R app:app /srv/app"),
        LayerPlan(_USR, removed_files=50, removed_directories=20, instruction="apt-get purge gcc"),
        LayerPlan(_SHARE, new=1_100, rewritten=300, instruction="apt-get upgrade -y"),
        LayerPlan(_SITE, new=1_900, rewritten=2_200, instruction="pip install --upgrade torch-cpu"),
        LayerPlan(_APP, new=200, rewritten=100, removed_files=12, instruction="#(nop) COPY dir:app in /srv "),
        LayerPlan(_APP, chowned=2_500, instruction="chmod -R g+w /srv/app"),
        LayerPlan(_APP, new=40, rewritten=10, removed_files=8, instruction="python -m compileall /srv/app"),
    ),
    sizes=FileSizes(median=3_200, sigma=2.15, largest=40_000_000),
)  # fmt: skip
"""About 2 GB in 21 layers, 69,000 entries, 256 whiteouts: a Python and Node image and its accidents."""

BIG = ImagePlan(
    layers=(
        *(LayerPlan(f"opt/part{n}", new=25_100) for n in range(9)),
        LayerPlan("opt/last", new=25_100, removed_files=2, removed_directories=1),
    ),
    sizes=FileSizes(median=3_000, sigma=2.1, largest=60_000_000),
)
"""Several GB in 10 layers, 265,000 entries, 3 whiteouts: where a tool that only streams is at its best."""


def _many_files(per_layer: int, removed_files: int, removed_directories: int) -> ImagePlan:
    """Ten layers; each but the first removes files, and `removed_directories` in all, from those below."""
    layers = [LayerPlan("usr/lib/modules0", new=per_layer)]
    for index in range(1, 10):
        directories = (removed_directories * index) // 9 - (removed_directories * (index - 1)) // 9
        layers.append(
            LayerPlan(
                f"usr/lib/modules{index}",
                new=per_layer,
                removed_files=removed_files,
                removed_directories=directories,
                instruction="npm ci && npm prune",
            )
        )
    return ImagePlan(layers=tuple(layers), sizes=FileSizes(median=200))


MILLION = _many_files(100_000, 1_500, 1_500)
"""1,000,000 files of about 200 bytes in 10 layers, 15,000 whiteouts."""

TEN_THOUSAND = _many_files(1_000, 15, 15)
"""A hundredth of MILLION, of the same shape: what a single entry costs must not grow with their number."""

FILES_300K = _many_files(30_000, 450, 450)
"""300,000 files: what the report for reviewers has to hold."""

LAYERS_120 = ImagePlan(
    layers=(
        LayerPlan("srv/state", new=2_000),
        *(LayerPlan("srv/state", rewritten=400, chowned=100) for _ in range(119)),
    ),
    sizes=FileSizes(median=2_000, sigma=1.2, largest=1_000_000),
)
"""120 layers, each of which writes 500 of the same 2,000 files again."""

SMALL = ImagePlan(
    layers=(
        LayerPlan("usr/lib", new=300),
        LayerPlan("etc", new=60, rewritten=10),
        LayerPlan("srv/app", new=60, removed_files=3),
        LayerPlan("srv/app", chowned=40),
    ),
    sizes=FileSizes(median=5_000, sigma=1.3, largest=1_000_000),
)
"""About 6 MB: what a tool costs before it has read anything."""
