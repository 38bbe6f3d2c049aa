"""Dockerfiles made up: pieces that mean something, in any order; and well-formed ones."""

from __future__ import annotations

from hypothesis import strategies as st

__all__ = ["created_by", "dockerfiles", "pieces_of_text"]

_PIECES = (
    *("FROM ", "RUN ", "run ", "COPY ", "ADD ", "ENV ", "LABEL ", "ARG ", "CMD ", "ENTRYPOINT ", "EXPOSE "),
    *("ONBUILD ", "HEALTHCHECK ", "SHELL ", "USER ", "VOLUME ", "WORKDIR ", "STOPSIGNAL ", "MAINTAINER "),
    *(" ", "  ", "\t", "\n", "\n", "\n", "\\\n", "\\ \n", "\\\\\n", "\\", "`", "`\n", "\r\n", "\v", "\f"),
    *(
        "#",
        "# x\n",
        "# escape=`\n",
        "# syntax=x\n",
        "a",
        "b",
        "=",
        '"',
        "'",
        "$",
        "${a}",
        "${a:-b}",
        "{",
        "}",
    ),
    *("[", "]", '"a"', ",", '["a", "b"]', "[]", "<<E", "<<-E", '<<"E"', "<<<", "\nE\n", "\n\tE\n", "E", "|"),
    *(
        "--a=b ",
        "--c ",
        "-- ",
        "<<A\nx\nA\n",
        "<<'B C'\nB C\n",
        "\u00e9",
        "\U0001f40b",
        "\ufeff",
        "1",
        "80/tcp",
    ),
)

pieces_of_text = st.lists(st.sampled_from(_PIECES), max_size=24).map("".join)
"""Text that is a Dockerfile now and then."""

_words = st.lists(
    st.sampled_from(["a", "b", "$V", "${V:-c}", "'d e'", '"f"', "/g", "h\\ i"]), min_size=2, max_size=4
)


def _line(keyword: str) -> st.SearchStrategy[str]:
    return _words.map(lambda words: f"{keyword} {' '.join(words)}")


_instructions = st.one_of(
    *(map(_line, ("RUN", "COPY", "ADD", "CMD", "ENTRYPOINT", "VOLUME", "USER", "WORKDIR", "EXPOSE", "ARG"))),
    st.sampled_from(
        ["ENV V=1", "ENV V=$V$V W=x", "ARG V", "ARG V=2", 'SHELL ["/s", "-c"]', 'CMD ["x"]', "LABEL a=$V"]
    ),
    st.sampled_from(
        ["ONBUILD RUN t", "RUN <<E\nx\nE", "COPY <<E /y\nx\nE", "HEALTHCHECK CMD x", "RUN a \\\n b"]
    ),
)

dockerfiles = st.lists(st.lists(_instructions, max_size=6), min_size=1, max_size=3).map(
    lambda stages: "".join(
        f"FROM {f's{n - 1}' if n else 'base'} AS s{n}\n" + "".join(line + "\n" for line in stage)
        for n, stage in enumerate(stages)
    )
)
"""Well-formed Dockerfiles; each stage continues the one before."""

created_by = st.one_of(
    _instructions,
    _words.map(lambda words: f"/bin/sh -c {' '.join(words)}"),
    _words.map(lambda words: f"RUN |1 V=1 /bin/sh -c {' '.join(words)} # buildkit"),
    _instructions.map(lambda text: f"/bin/sh -c #(nop)  {text}"),
    st.text(max_size=20),
)
"""What a history may have."""
