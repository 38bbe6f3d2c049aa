"""Browsers and models in a cache directory.

## What it finds

Browsers that Playwright, Puppeteer, Cypress or Selenium downloaded, and models and data sets that Hugging
Face, PyTorch, Keras, Whisper, NLTK or Ollama put into the home directory.

## Why it matters

They are hundreds of megabytes, and often were fetched without anybody asking for them: `npm install` of a
test library brings a browser. If the program needs them, they are where they belong.

## How to fix it

Do not download what is not used:

    ENV PUPPETEER_SKIP_DOWNLOAD=true
    ENV PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1
    ENV CYPRESS_INSTALL_BINARY=0
    RUN npm ci --omit=dev

Choose where a model that is used lies (`ENV HF_HOME=/models`), download it in an instruction of its own
before the program's files are copied, so that a change of the program does not store it again, or mount it
when the container is run."""

from __future__ import annotations

from layerscope.rules.base import PatternRule
from layerscope.rules.finding import Fix, Severity

__all__ = ["DownloadedExtras"]


class DownloadedExtras(PatternRule):
    """Live files that a library downloaded by itself. Whether they are wanted, only the reader knows."""

    id = "LS132"
    name = "downloaded-extras"
    severity = Severity.INFO
    patterns = {
        "browsers": (
            "**/.cache/ms-playwright/**",
            "**/.cache/puppeteer/**",
            "**/.cache/Cypress/**",
            "**/.cache/selenium/**",
            "**/.cache/electron/**",
        ),
        "models": (
            "**/.cache/huggingface/**",
            "**/.cache/torch/**",
            "**/.cache/whisper/**",
            "**/.cache/clip/**",
            "**/.keras/**",
            "**/nltk_data/**",
            "**/.ollama/models/**",
        ),
    }
    messages = {
        "browsers": "browsers that a test library downloaded are stored",
        "models": "models or data sets in a cache directory are stored",
    }
    fixes = {
        "browsers": Fix(
            "if nothing uses them, do not download them",
            "ENV PUPPETEER_SKIP_DOWNLOAD=true PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 CYPRESS_INSTALL_BINARY=0",
        ),
        "models": Fix(
            "if the program uses them, download them before its files are copied; "
            "else do not download them, or mount them when the container is run",
            "ENV HF_HOME=/models",
        ),
    }
