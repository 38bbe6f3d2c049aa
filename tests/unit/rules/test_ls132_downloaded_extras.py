"""LS132: browsers and models in a cache directory."""

from __future__ import annotations

from layerscope.rules.finding import Severity
from tests.builders import file, layer
from tests.rule_cases import claimed, findings, named

FOUND = {
    "root/.cache/ms-playwright/chromium-1091/chrome-linux/chrome": 500,
    "home/node/.cache/puppeteer/chrome/linux-119/chrome": 400,
    "root/.cache/huggingface/hub/models--bert-base-uncased/blobs/1": 300,
    "root/nltk_data/corpora/words.zip": 50,
}
LEAN = (
    "usr/bin/chromium",
    "models/bert/model.safetensors",
)
NEAR = (
    "app/node_modules/puppeteer/lib/puppeteer.js",
    "usr/local/lib/python3.12/site-packages/torch/version.py",
    "app/huggingface/hub.py",
)


def test_browsers_and_models_are_found_with_their_bytes() -> None:
    stored = layer(*(file(path, b"x" * size) for path, size in FOUND.items()))
    assert claimed("LS132", stored) == FOUND


def test_what_was_put_somewhere_on_purpose_is_not_meant() -> None:
    assert named("LS132", layer(*(file(path, b"x") for path in LEAN))) == []


def test_the_libraries_themselves_are_not_meant() -> None:
    assert named("LS132", layer(*(file(path, b"x") for path in NEAR))) == []


def test_it_is_never_more_than_information() -> None:
    found = findings("LS132", layer(file("root/.cache/torch/hub/checkpoints/resnet.pth", b"x" * 5000)))
    assert [finding.severity for finding in found] == [Severity.INFO]
