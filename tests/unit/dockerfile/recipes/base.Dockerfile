FROM scratch
COPY busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
ENV HOME_OF_APP=/home/app
WORKDIR /work
ONBUILD COPY two.txt /mark-by-trigger
ONBUILD RUN touch /mark-run-by-trigger
CMD ["sh"]
