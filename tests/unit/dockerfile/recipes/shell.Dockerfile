FROM scratch
COPY busybox /bin/busybox
SHELL ["/bin/busybox", "sh", "-e", "-c"]
RUN /bin/busybox mkdir /mark-one
ARG WHO=me
ARG WITH_BLANKS="a b  c"
RUN /bin/busybox echo "$WHO" > /mark-two
SHELL ["/bin/busybox", "ash", "-c"]
RUN /bin/busybox echo "$WITH_BLANKS" > /mark-three
RUN ["/bin/busybox", "touch", "/mark-four five"]
ENTRYPOINT /bin/busybox sh
