#!/usr/bin/env bash
# The steps of docs/deploy/Dockerfile without Docker: builds the image's files with the real `npm ci`, puts them into a bare
# root with Node.js and its libraries and nothing else, and runs them as user 1000 on a read-only disk with one writable
# folder, without /proc and HOME, in a network of its own. Needs root (mount, chroot), and takes one or two minutes.
set -euo pipefail
[ "$(id -u)" = 0 ] || { echo 'Run it as root: it mounts and changes its root.'; exit 2; }
project=$(cd "$(dirname "$0")/../.." && pwd)
node=$(readlink -f "$(command -v node)")
say() { printf '== %s\n' "$*"; }

if [ "${1:-}" != inside ]; then
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  say 'The first stage: npm ci, build, prune'
  git -C "$project" archive HEAD | tar -x -C "$work"
  cd "$work"
  npm ci --ignore-scripts >/dev/null
  npm run --silent build
  npm prune --omit=dev --ignore-scripts >/dev/null
  unshare --mount --net -- "$project/test/by-hand/container.sh" inside "$work"
  exit
fi

say 'The second stage: a bare root'
cd "$2"
root=$2/root
mkdir "$root"
mount -t tmpfs none "$root"
for file in "$node" $(ldd "$node" | grep -o '/[^ ]*'); do
  mkdir -p "$root$(dirname "$file")"
  cp -L "$file" "$root$file"
done
# Native packages need what Node.js itself may have built in.
for file in $(ldd node_modules/@libsql/*/*.node | grep -o '/[^ :]*' | grep '^/\(usr/\)\?lib'); do
  [ -e "$root$file" ] || { mkdir -p "$root$(dirname "$file")"; cp -L "$file" "$root$file"; }
done
mkdir -p "$root/app/.data" "$root/tmp"
cp -a node_modules dist package.json views docs/deploy/health-check.mjs "$root/app/"
mount -t tmpfs -o uid=1000,gid=1000,mode=700 none "$root/app/.data"
mount -o remount,ro "$root"
ip link set lo up

chroot=$(command -v chroot)
base=(LD_OAUTH_CLIENT_ID=a LD_OAUTH_CLIENT_SECRET=b LD_ACCOUNT_ID=c SESSION_SECRET=qT7vXw0c4mS9yLr2Kd8Zp1NfGh5JbVx3Ea6UoWiRtYs)
inside() { # a script, with nothing but the image's environment and $settings
  exec env -i NODE_ENV=production HOST=0.0.0.0 LOG_FORMAT=json "${settings[@]}" \
    "$chroot" --userspec=1000:1000 "$root" "$node" --eval "process.chdir('/app'); import('/app/$1')"
}
works() { # a name, settings
  say "$1"
  shift
  settings=("${base[@]}" "$@")
  (inside dist/server.js) >log 2>&1 &
  app=$!
  for _ in $(seq 100); do grep -q '"event":"listening"' log && break; sleep 0.1; done
  grep '"event":"listening"' log || { cat log; exit 1; }
  (inside health-check.mjs)
  kill -TERM "$app"
  wait "$app"
  echo 'healthy, and ended with 0'
}
refuses() { # a name, an exit code, settings
  say "$1"
  local expected=$2 code=0
  shift 2
  settings=("$@")
  (inside dist/server.js) || code=$?
  [ "$code" = "$expected" ] || { echo "ended with $code"; exit 1; }
}

works 'TLS=local, sessions in a file' LD_OAUTH_REDIRECT_URI=https://localhost:3000/auth/callback
works 'TLS=proxy, sessions in memory' LD_OAUTH_REDIRECT_URI=https://app.example.com/auth/callback SESSION_STORE=memory:
refuses 'No settings' 2 LOG_LEVEL=info
refuses 'Sessions where nothing can be written' 1 "${base[@]}" SESSION_STORE=file:/sessions/sessions.db
umount "$root/app/.data"
refuses 'A certificate of this machine where nothing can be written' 1 "${base[@]}" SESSION_STORE=memory: LD_OAUTH_REDIRECT_URI=https://localhost:3000/auth/callback
say 'All of it passed'
