# escape=\
# A stage of its own, then the forms that instructions have.
ARG BASE=scratch
FROM ${BASE} AS ground
COPY busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]

FROM ground
MAINTAINER mark-m <m@example.test>
ARG VERSION=1.0
ARG EMPTY
ENV APP=/srv/app MODE="very  fast" \
    LEVEL=3
LABEL org.example.version=$VERSION \
      org.example.words="two words"
WORKDIR $APP
COPY one.txt two.txt mark-copied/
COPY one.txt .
ADD dir /srv/mark-added
RUN mkdir -p /mark-run && \
    # a comment inside

    echo "$VERSION" > /mark-run/version
RUN true
RUN echo a \
  >  /mark-second
WORKDIR sub
RUN touch mark-here
EXPOSE 443 80/tcp 53/udp
VOLUME ["/data", "/logs"]
VOLUME /more /most
USER 1000:1000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --retries=3 CMD echo ok || exit 1
ENTRYPOINT ["/bin/sh", "-c", "echo \"$0\""]
CMD echo hello
