#!/usr/bin/env bash
# Makes .build/python-tools, a virtual environment with the Python programs that the tests use, in the versions of
# python-tools.txt. Prints the folder of its programs. Does nothing when it is there already; any number at once.
set -euo pipefail
cd "$(dirname "$0")/../.."

pins=deploy/scripts/python-tools.txt
folder=.build/python-tools
mkdir -p .build

exec 9>.build/python-tools.lock
flock 9
if ! cmp -s "$pins" "$folder/pins.txt"; then
  rm -rf "$folder"
  if ! python3 -m venv "$folder" >&2; then
    echo "Python cannot make virtual environments: install Debian's python3-venv" >&2
    exit 1
  fi
  "$folder/bin/pip" install --quiet --disable-pip-version-check --requirement "$pins" >&2
  # Last, so that what was interrupted is made anew.
  cp "$pins" "$folder/pins.txt"
fi
echo "$PWD/$folder/bin"
