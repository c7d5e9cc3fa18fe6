#!/usr/bin/env bash
# Proves the Dockerfile's last stage without a Docker engine: the same packages
# in a bare Debian, the same files, a user without rights, the health check.
# Needs root and debootstrap; takes the mirror that apt uses here.
set -euo pipefail
cd "$(dirname "$0")/.."
[ "$(id -u)" -eq 0 ] || { echo "run this as root: it needs chroot" >&2; exit 1; }
scripts/packages.sh debootstrap

root=$(mktemp -d)
server=
cleanup() {
	pkill -u 10001 -x parley 2>/dev/null && wait "$server" || true
	umount "$root/proc" 2>/dev/null || true
	rm -rf "$root"
}
trap cleanup EXIT

chmod 755 "$root" # or else nobody but root may enter
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Identifier: Packages' | grep -v security | head -n 1)
[ -n "$mirror" ] || { echo "apt knows no Debian mirror" >&2; exit 1; }
debootstrap --variant=minbase bookworm "$root" "$mirror" >/dev/null
cp -r /etc/apt/apt.conf.d/. "$root/etc/apt/apt.conf.d/"
cp /etc/resolv.conf "$root/etc/resolv.conf" 2>/dev/null || true
mount -t proc proc "$root/proc"

# What follows are the lines of the Dockerfile.
packages=$(sed -n '/^FROM debian/,$p' Dockerfile | sed -n 's/.*--no-install-recommends \([^\\&]*\).*/\1/p')
chroot "$root" sh -c "apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >/dev/null"
chroot "$root" useradd --system --uid 10001 --create-home parley
install -m 755 bin/parley "$root/usr/local/bin/parley"
mkdir -p "$root/var/lib/parley"
cp -rL models/weights "$root/var/lib/parley/models"
chown -R 10001 "$root/var/lib/parley/models"

run() {
	chroot --userspec=10001 "$root" env -i PATH=/usr/local/bin:/usr/bin:/bin HOME=/home/parley \
		PARLEY_MODELS=/var/lib/parley/models PARLEY_LISTEN=127.0.0.1:18080 PARLEY_WEBRTC_UDP=127.0.0.1:13478 "$@"
}
run parley serve >"$root/log" 2>&1 &
server=$!
for _ in $(seq 100); do
	run parley health 2>/dev/null && break
	kill -0 "$server" || { cat "$root/log"; exit 1; }
	sleep 0.2
done
run parley health
run parley ask "What is twelve times seven?" | grep -q 84
run parley say "Twelve times seven." -o /tmp/a.wav
run parley transcribe /tmp/a.wav
echo "the container's steps work"
