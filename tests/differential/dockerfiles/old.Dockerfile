# Old style, with a byte order mark.
from centos:7
maintainer Somebody <somebody@example.test>
	env PATH /opt/bin:$PATH
label version 1.0
add a.tar b.tar /opt/
run yum -y install x && \
  # between

    yum clean all
volume /data /logs
volume ["/more"]
expose 80   443
stopsignal 15
user nobody
cmd [ 'not', "json" ]
entrypoint sh -c "echo \"$1\""
onbuild run make
