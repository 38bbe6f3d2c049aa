"""`python -m layerscope`."""

from __future__ import annotations

from layerscope.cli.main import main

if __name__ == "__main__":
    main()
