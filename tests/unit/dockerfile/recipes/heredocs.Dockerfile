# syntax=docker/dockerfile:1
FROM scratch
COPY busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
RUN <<END
# a comment of the script
mkdir /mark-script
echo a > /mark-script/a
END
COPY <<one <<-"two" /mark-files/
first $HOME
one
	second $HOME
	two
RUN cat <<A >/mark-both; cat <<-B >>/mark-both
a
A
	b
	B
CMD ["cat", "/mark-both"]
