#!/usr/bin/env bash
# Makes .build/peers: the peer in Go, and Debian's libraries for the one in Node. These are unpacked, not installed, so that
# they fit a Node that is not Debian's. What is there already stays.
set -euo pipefail
cd "$(dirname "$0")/../../.."

folder=$PWD/.build/peers
mkdir -p "$folder"

# The packages of Debian lie in one folder, which an old-style build takes as it is.
GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE=$folder/go-cache go build -o "$folder/go" ./Tests/Benchmarks/peers/go

[ ! -e "$folder/node" ] || exit 0
echo "unpacking Debian's libraries for Node"
rm -rf "$folder/node.new"
mkdir -p "$folder/node.new/packages"
cd "$folder/node.new/packages"
names=$(apt-cache depends --recurse --important node-express node-redis node-pg | grep '^node-' | sort -u || echo none)
# shellcheck disable=SC2086
if ! apt-get download -q $names >../download.log 2>&1; then
  echo "they cannot be had, see $folder/node.new/download.log; perhaps apt-get update helps" >&2
  exit 1
fi
for package in *.deb; do dpkg-deb --extract "$package" ..; done
rm -r ../packages
mv "$folder/node.new" "$folder/node"
