# syntax=docker/dockerfile:1.7
# escape=\

# One service, as teams write them: pinned base, cache mounts, a stage for tests.
ARG PYTHON=3.12
ARG DEBIAN=bookworm
FROM python:${PYTHON}-slim-${DEBIAN} AS base
ENV PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1 \
    # wheels are built in the next stage
    PIP_DISABLE_PIP_VERSION_CHECK=on
SHELL ["/bin/bash", "-o", "pipefail", "-c"]

FROM --platform=$BUILDPLATFORM base AS wheels
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt \
    apt-get update \
 && apt-get install -y --no-install-recommends \
      build-essential \

      libpq-dev   # a comment of the shell
COPY requirements*.txt ./
RUN --mount=type=secret,id=index,required=false pip wheel -w /wheels -r requirements.txt

FROM base
LABEL org.opencontainers.image.title="the service" \
      org.opencontainers.image.vendor='somebody\'s'
COPY --from=wheels --chown=10001:10001 /wheels /wheels
RUN pip install /wheels/*.whl
COPY --link ["src/app one", "/app/"]
WORKDIR /app
USER 10001:10001
EXPOSE 8000/tcp 9000-9010
HEALTHCHECK --interval=30s --timeout=3s CMD ["python", "-m", "app.health"]
ENTRYPOINT ["tini", "--"]
CMD ["python", "-m", "app"]
