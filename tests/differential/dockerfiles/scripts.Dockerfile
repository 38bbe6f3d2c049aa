# syntax=docker/dockerfile:1
FROM alpine:3.20
RUN <<-EOT
	set -eux
	apk add --no-cache curl
	# not a comment of the Dockerfile
	FROM=here
EOT
RUN <<'PY' python3 - && echo "$HOME"
print("${not expanded}")
PY
COPY <<first.conf <<"second conf" /etc/app/
a = ${A}
first.conf
b = ${B}
second conf
RUN cat <<ONE > /one && cat <<'TWO' > /two
1
ONE
2
TWO
RUN grep x <<< "$HOME" || true
ADD --checksum=sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d https://x.test/a.tar.gz /a
ONBUILD COPY <<EOF /trigger
body
EOF
