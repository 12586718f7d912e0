#!/bin/sh
# Collects the settings of a Kubernetes node for `imagegen adopt`, as a tar.gz on standard output:
#
#     imagegen adopt --collector | ssh root@NODE sh | imagegen adopt -
#
# It only reads. What it copies, it copies into a folder of its own in $TMPDIR, which it removes at its
# end. It starts nothing of the node but find, cp, awk, tr, cmp, tar, gzip, sha256sum and `rpm -qa`.
#
# No secret leaves the node:
#   - files that hold secrets by their names are not looked at (never_taken, below),
#   - files with a private key, or that are kubeconfigs, are left out (withhold exits 3),
#   - in every other text the value behind a word like password or token becomes `withheld`.
#
# Usage: sh collect.sh [ROOT]      ROOT is /, or where a node's file system is mounted
set -u
LC_ALL=C
export LC_ALL
umask 077

root=${1:-/}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
tree=$work/tree
mkdir "$tree"
cd "$root" || exit 1

# Whether a path is a secret by its name.
never_taken() {
    case /$1 in
    *[Kk]ubeconfig* | *.key | *key.pem | *.keys | *.p12 | *.pfx | *.jks | *.keytab | */.netrc) ;;
    *shadow* | */id_rsa* | */id_ed25519* | */id_ecdsa* | */id_dsa* | */ssh_host_*_key) ;;
    /etc/apt/auth* | /etc/wireguard/* | */pki/private/* | /etc/ssl/private/* | *secrets) ;;
    */system-connections/* | /etc/rancher/node/* | */registries.yaml | */.docker/*) ;;
    /etc/kubernetes/pki/* | /etc/kubernetes/ssl/* | *tokens.csv | *token.csv | *basic_auth.csv) ;;
    */.dockercfg | */hostkey* | */credentials* | */passwd- | */group- | *.swp | *~) ;;
    /etc/cloud/* | /var/lib/cloud/*) ;;
    *) return 1 ;;
    esac
}

# Every file that adopt reads: links and files below 16 MB.
find_wanted() {
    find etc home opt data srv usr/lib usr/local usr/share/keyrings usr/share/flatcar root/.ssh \
        run/sysctl.d run/modules-load.d run/kubeadm service var/service var/spool/cron \
        var/lib/dpkg var/lib/kube-proxy var/lib/kubelet var/lib/rancher/rke2/agent/pod-manifests \
        var/snap/microk8s \
        -maxdepth 6 ! -type d \( -type f -o -type l \) -size -16384k \( \
        -name os-release -o -path '*/flatcar/update.conf' \
        -o -path '*/sysctl.d/*' -o -name sysctl.conf -o -path '*/modules-load.d/*' \
        -o -path etc/modules -o -path '*/sysconfig/modules/*' -o -path 'etc/modprobe.*' \
        -o -path 'etc/systemd/*' -o -path '*/systemd/system/*kube*' \
        -o -path '*/systemd/system/*.d/*' -o -path '*/systemd/system/k3s*' \
        -o -path '*/systemd/system/rke2*' -o -path '*/systemd/system/k0s*' \
        -o -path '*/kube-proxy/*' -o -name '*kube-proxy*' -o -path '*/pod-manifests/*' \
        -o -path 'etc/kubernetes/manifests/*' -o -path 'etc/kubernetes/*.y*ml' \
        -o -path 'etc/kubernetes/*.json' -o -path 'etc/kubernetes/*.env' \
        -o -path 'etc/kubernetes/*.manifest' -o -path etc/kubernetes/config \
        -o -path etc/kubernetes/proxy -o -path etc/kubernetes/apiserver \
        -o -path etc/kubernetes/controller-manager -o -path 'etc/kubelet.d/*' \
        -o -path 'run/kubeadm/*.yaml' -o -path 'var/lib/kubelet/*.yaml' \
        -o -name 'kubelet*config*' -o -name kubeadm-flags.env -o -path 'etc/rancher/*.yaml' \
        -o -path 'etc/rancher/*.env' -o -path 'etc/k0s*' -o -path 'var/snap/microk8s/current' \
        -o -path 'var/snap/microk8s/*/args/kube*' \
        -o -path etc/passwd -o -path etc/group -o -path 'etc/sudoers*' \
        -o -name 'authorized_keys*' -o -path 'etc/ssh/authorized_keys*' \
        -o -path 'etc/ssh/sshd_config*' -o -path '*/ca-certificates/*' \
        -o -path '*/ca-trust/source/anchors/*' -o -path etc/environment -o -path etc/profile \
        -o -path 'etc/apt/*' -o -path 'usr/share/keyrings/*' -o -path etc/yum.conf \
        -o -path etc/dnf/dnf.conf -o -path 'etc/yum.repos.d/*' -o -path 'etc/pki/rpm-gpg/*' \
        -o -path 'etc/dnf/vars/*' -o -path 'etc/yum/vars/*' -o -path 'etc/chrony*' \
        -o -name 'ntp*.conf' -o -path 'etc/default/grub*' -o -path etc/kernel/cmdline \
        -o -path etc/fstab -o -path etc/containerd/config.toml -o -path etc/docker/daemon.json \
        -o -path etc/crio/crio.conf -o -path etc/keepalived/keepalived.conf \
        -o -path var/lib/dpkg/status -o -path var/lib/apt/extended_states \
        -o -path etc/rc.local -o -path etc/rc.d/rc.local -o -path 'etc/init.d/*' \
        -o -path 'etc/rc.d/init.d/*' -o -path 'etc/conf.d/*' -o -path etc/inittab \
        -o -path 'etc/init/*' -o -path 'etc/local.d/*' -o -path 'etc/supervisor*' \
        -o -path 'etc/service/*/run' -o -path 'etc/sv/*/run' -o -path 'etc/services.d/*/run' \
        -o -path 'etc/s6*/run' -o -path 'service/*/run' -o -path 'var/service/*/run' \
        -o -path 'etc/runit/*/run' -o -path 'etc/monit*' -o -path 'etc/containers/systemd/*' \
        -o -name 'docker-compose.y*ml' -o -name 'compose.y*ml' -o -path 'var/spool/cron/*' \
        -o -path 'etc/cron*' -o -path etc/anacrontab -o -path 'etc/security/*' \
        -o -path 'etc/pam.d/common-*' -o -path etc/login.defs -o -path etc/issue.net \
        -o -path etc/selinux/config -o -path 'etc/apparmor.d/local/*' -o -path 'etc/hosts.*' \
        -o -path etc/aide.conf -o -path etc/crypto-policies/config -o -path 'etc/audit/*' \
        -o -path 'etc/udev/*' -o -path 'etc/sysfs*' -o -path 'etc/tmpfiles.d/*' \
        -o -path 'etc/tuned/*' -o -path 'etc/NetworkManager/*.conf' -o -path 'etc/netplan/*' \
        -o -path 'etc/network/*' -o -path 'etc/nftables*' -o -path 'etc/iptables*' \
        -o -path 'etc/firewalld/*' -o -path 'etc/ufw/*' -o -path 'etc/ferm/*' \
        -o -path 'etc/shorewall/*' -o -path 'etc/multipath*' -o -path etc/iscsi/iscsid.conf \
        -o -path 'etc/rsyslog*' -o -path 'etc/logrotate*' -o -path 'etc/dracut*' \
        -o -path 'etc/initramfs-tools/*' -o -path 'etc/cni/net.d/*' \
        -o -size -64k \( -name '*.sh' -o -path 'usr/local/*bin/*' -o -path 'etc/default/*' \
        -o -path 'etc/sysconfig/*' \) \) -print 2>/dev/null
}

# A text without its secrets, by awk; exit code 3: all of it is one.
withhold() {
    awk -v name="$1" '
    BEGIN {
        letter = "[a-z0-9]"
        for (i = 0; i < 6; i++) six = six letter
        for (i = 0; i < 16; i++) sixteen = sixteen letter
        token = "(^|[^a-z0-9.-])" six "[.]" sixteen "($|[^a-z0-9.-])"
        word = "(pass(word|wd|phrase)?|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|"
        word = word "preshared[_-]?key|psk|credentials?)[a-z0-9_-]*"
        named = word "[\"\047]?[ \t]*[=:][ \t]*[\"\047]?"
        auth = "(^|[^a-z])_?auth[\"\047]?[ \t]*[=:][ \t]*[\"\047]?"
        flag = "--?[a-z-]*" word "[\"\047]?[ \t]+[\"\047]?"
        lone = "^[ \t]*[\"\047]?--?[a-z-]*" word "[\"\047]?[ \t]*\\\\?[ \t]*$"
    }
    # the words of one field are the value: from there on the line is withheld
    function cut(line, pattern,    low, at, rest) {
        low = tolower(line)
        if (!match(low, pattern)) return line
        at = RSTART + RLENGTH
        rest = substr(line, at)
        if (rest ~ /^(\/|\$|true|false|none|yes|no|null|withheld|\*)/) return line
        if (tolower(substr(low, 1, at)) ~ /nopasswd/) return line
        if (rest == "" || rest ~ /^[|>]/) { whole = 1; return line }
        return substr(line, 1, at - 1) "withheld" (line ~ /\\$/ ? " \\" : "")
    }
    /-----BEGIN .*PRIVATE KEY/ { whole = 1 }
    /client-key-data:|client-certificate-data:|certificate-authority-data:|^current-context:/ {
        whole = 1
    }
    /-----BEGIN (CERTIFICATE|PGP PUBLIC|TRUSTED)/ { inside = 1 }
    inside { print; if (/-----END/) inside = 0; next }
    pending { print "withheld" (/\\$/ ? " \\" : ""); pending = 0; next }
    tolower($0) ~ lone && /^[ \t]*["\047]?-/ { pending = 1; print; next }
    name == "etc/passwd" || name == "etc/group" {
        n = split($0, part, ":")
        if (n > 2 && length(part[2]) > 1 && part[2] != "!!") {
            line = part[1] ":withheld"
            for (i = 3; i <= n; i++) line = line ":" part[i]
            print line
            next
        }
        print
        next
    }
    {
        line = $0
        gsub(/:\/\/[^\/ @"\047]+@/, "://withheld:withheld@", line)
        gsub(/\$(1|5|6|y|2[aby])\$[.\/A-Za-z0-9$=,]+/, "withheld", line)
        gsub(/K10[0-9a-f]+::[^ "\047]+/, "withheld", line)
        gsub(/eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_.-]+/, "withheld", line)
        gsub(/AKIA[A-Z0-9]+/, "withheld", line)
        gsub(/[Bb]earer +[^ "\047]+/, "Bearer withheld", line)
        if (line ~ token) gsub(six "[.]" sixteen, "withheld", line)
        if (name !~ /^etc\/(sudoers|pam\.d|login\.defs|security)/) {
            line = cut(line, named)
            line = cut(line, auth)
            line = cut(line, flag)
        }
        print line
    }
    END { exit whole ? 3 : 0 }' <"$2"
}

# Copies one file, its owner and mode kept.
take() {
    never_taken "$1" && return
    mkdir -p "$tree/${1%/*}"
    if [ -L "$1" ]; then
        cp -P "$1" "$tree/$1" 2>/dev/null
        return
    fi
    [ -r "$1" ] || return
    case $1 in
    var/lib/dpkg/status | var/lib/apt/extended_states | *keyrings/*.gpg | *trusted.gpg*.gpg | \
        etc/pki/rpm-gpg/*)
        # no settings: lists of packages, and public keys, which may be binary
        grep -q 'PRIVATE KEY' "$1" || cp -p "$1" "$tree/$1" 2>/dev/null
        return
        ;;
    esac
    # a program, or another file that is no text
    tr -d '\000' <"$1" >"$work/plain"
    cmp -s "$work/plain" "$1" || return
    withhold "$1" "$1" >"$work/text" || return
    cp -p "$1" "$tree/$1" 2>/dev/null || return
    [ -w "$tree/$1" ] || chmod u+w "$tree/$1"
    cat "$work/text" >"$tree/$1"
}

find_wanted | while IFS= read -r path; do
    take "$path"
done

# What the tar does not hold, and adopt would ask for: the sums of programs, the names of packages.
facts=$tree/var/lib/imagegen-collected
mkdir -p "$facts"
for program in usr/bin/kubelet usr/local/bin/kubelet opt/bin/kubelet usr/bin/kube-proxy \
    usr/local/bin/kube-proxy opt/bin/kube-proxy; do
    [ ! -f "$program" ] || sha256sum "$program"
done >"$facts/sha256" 2>/dev/null
if [ "$root" = / ] && command -v rpm >/dev/null 2>&1; then
    rpm -qa --qf '%{NAME} %{VERSION}\n' </dev/null >"$facts/packages" 2>/dev/null
fi

cd "$tree" && tar -cf - -- * | gzip -c
