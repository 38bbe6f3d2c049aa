FROM scratch AS tools
COPY busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
RUN mkdir /out && echo x > /out/artifact
ONBUILD ENV FROM_TRIGGER=1
ONBUILD RUN echo t > /mark-trigger

FROM tools AS middle
ARG COLOR=red
ENV PAINT=$COLOR
RUN echo "$PAINT" > /mark-middle

FROM middle
RUN echo same > /mark-same-$(ls / | grep -c mark-same)
RUN echo same > /mark-same-$(ls / | grep -c mark-same)
COPY --from=tools /out/artifact /mark-artifact
COPY --chown=7:7 one.txt /mark-owned
COPY ["one.txt", "/mark json"]
run touch /mark-lower
CMD ["sh"]
