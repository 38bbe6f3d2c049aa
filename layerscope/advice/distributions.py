"""Where packages of a distribution have nothing, although they and their scripts work all over the system.

Debian's policy (9.1.2) and Alpine's keep packages out of /usr/local; only web servers, and what takes one
along, have files in their directories. So a COPY there and an install of the system's packages touch
different paths. That is knowledge of tools: layers, where there are any, count more.
"""

from __future__ import annotations

import re

from layerscope.advice.footprint import Footprint
from layerscope.advice.paths import Paths, is_within

__all__ = ["is_foreign_to_packages"]

_MANAGERS = frozenset({"apt-get", "apt", "apk", "dnf", "yum", "microdnf", "tdnf", "zypper"})
_BESIDE = frozenset(
    {
        *("rm", "mkdir", "set", "true", ":", "echo", "printf", "test", "[", "ln", "touch", "chmod", "chown"),
        *("useradd", "adduser", "groupadd", "addgroup", "usermod", "export", "cd", "exit", "umask"),
    }
)
"""Other programs that are known to leave /usr/local/bin alone, unless they name it."""
_CALLED = re.compile(
    r"(?:python|py3|perl|ruby|php|node|java|lua|tcl|guile|emacs|update-|dpkg|deb|apt|apk|rpm|dnf|yum|ld|gcc|g\+\+"
    r"|gpg|openssl|ssl|ssh|xml|fc-|gtk|gdk|glib|gio|dbus|systemd|install|add|del|user|group|ch|ca-)[\w.+-]*"
    r"|(?:ba|da|a|z|k|mk|c|tc|fi)?sh|cc|make|git|curl|wget|sed|m?awk|[ef]?grep|tar|gzip|xz|cat|cp|mv|rm|ln|ls"
    r"|mkdir|rmdir|touch|find|xargs|sort|cut|tr|head|tail|wc|test|true|false|id|which|who|stat|date|env|expr"
    r"|mktemp|readlink|getent|tee|uname|hostname|sleep|kill|ps|sync|mount|service|invoke-rc\.d|policy-rc\.d"
    r"|locale.*|iconv.*|pip.*|ucf.*|busybox"
)
"""Programs that scripts of packages may call, and look for in /usr/local/bin first: rather one too many."""
_WEB_SERVERS = re.compile(
    r"apache|httpd|nginx|lighttpd|caddy|cherokee|php|tomcat|web|www|phpmyadmin|wordpress|drupal|mediawiki"
    r"|nextcloud|owncloud|roundcube|cacti|munin|nagios|icinga|zabbix|awstats|mailman|moodle|dokuwiki|smokeping|upgrade"
)
"""Packages that are web servers, or take one along, and what replaces packages that are there."""
_OF_SERVERS = {
    "/var/www": "/var",
    "/usr/share/nginx": "/usr",
    "/usr/local/apache2": "/usr",
    "/etc/nginx": "/etc",
}
"""Directories of web servers, and the one of the system that packages touch above each."""
_SCRIPTS_OF_IMAGES = re.compile(r"\bdocker-php-\S+")


def is_foreign_to_packages(written: Paths, footprint: Footprint, script: str) -> bool:
    """Whether all that is written lies where the packages that `script` installs have nothing: one program in
    /usr/local/bin that no script of a package calls, or files of a web server, none of which it installs."""
    touched = footprint.all_reads | footprint.all_writes
    if not footprint.packages or touched.anything or written.anything or not written.roots:
        return False
    server = _WEB_SERVERS.search(_SCRIPTS_OF_IMAGES.sub("", script))
    for place in written.roots:
        met = {root for root in touched.roots if is_within(place, root) or is_within(root, place)}
        parent, _, name = place.rpartition("/")
        if parent in ("/usr/local/bin", "/usr/local/sbin"):
            if met - {"/usr"} or footprint.programs - _MANAGERS - _BESIDE or _CALLED.fullmatch(name):
                return False
        elif server or not any(is_within(place, own) and met <= {top} for own, top in _OF_SERVERS.items()):
            return False
    return True
