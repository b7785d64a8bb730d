#!/usr/bin/env bash
# Install OpenSync as systemd services on Linux (amd64, arm64), or upgrade it. Safe to repeat.
#
#   deploy/install.sh [--wheel FILE] [--host NAME] [--traefik --acme-email ADDRESS] ...
#
# --help lists the options. With DESTDIR set, everything goes below that folder and nothing outside
# of it is touched: no user is made and no service is started.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
units=(opensync-pocketbase.service opensync-sidecar.service opensync-traefik.service opensync.target)
root=${DESTDIR:-}
action=install wheel="" host="" acme_email="" sign_in_host=""
traefik=no purge=no dry_run=no start=yes upgrade=no
python=${PYTHON:-}

usage() {
  cat <<'END'
Usage: deploy/install.sh [options]

  --wheel FILE          the program; otherwise the newest of dist/, which ./scripts/build makes
  --host NAME           name people reach the server by; goes into the settings of a first install
  --traefik             run Traefik too; its files in /etc/traefik are made once, for --host
  --acme-email ADDRESS  yours, for certificates of Let's Encrypt
  --sign-in-host NAME   name of Authelia's own pages, if this Traefik serves them
  --upgrade             refuse to run where nothing is installed yet
  --no-start            install, and leave the services as they are
  --uninstall           remove program and services; data and settings stay
  --purge               with --uninstall: remove data, settings and the user too
  --dry-run             say what would be done and do nothing

PYTHON names the Python to use (3.11 or later). DESTDIR is a folder to install below.
END
}

say() {
  printf '%s\n' "$*" >&2
}

die() {
  say "$*"
  exit 1
}

# Run a command that changes something, or say that it would be run.
run() {
  if [ "$dry_run" = yes ]; then
    say "would run: $*"
  else
    "$@"
  fi
}

# A machine is set up only where nothing is installed below a folder.
on_machine() {
  [ -z "$root" ]
}

as_service() {
  if on_machine; then
    runuser -u opensync -- "$@"
  else
    "$@"
  fi
}

parse() {
  while [ $# -gt 0 ]; do
    case "$1" in
      --wheel | --host | --acme-email | --sign-in-host)
        [ $# -gt 1 ] || die "$1 wants a value; --help lists the options."
        local name=${1#--}
        printf -v "${name//-/_}" '%s' "$2"
        shift
        ;;
      --traefik) traefik=yes ;;
      --upgrade) upgrade=yes ;;
      --no-start) start=no ;;
      --uninstall) action=uninstall ;;
      --purge) purge=yes ;;
      --dry-run) dry_run=yes ;;
      -h | --help)
        usage
        exit 0
        ;;
      *) die "There is no option \"$1\"; --help lists them." ;;
    esac
    shift
  done
  if [ "$purge" = yes ] && [ "$action" != uninstall ]; then
    die "--purge goes with --uninstall."
  fi
}

check_machine() {
  [ "$(uname -s)" = Linux ] || die "This installs systemd services, so it needs Linux." \
    "For development, ./scripts/start runs everything on macOS too."
  case "$(uname -m)" in
    x86_64 | aarch64 | arm64) ;;
    *) die "The pinned programs are there for amd64 and arm64, not for $(uname -m)." ;;
  esac
  on_machine || return 0
  [ "$dry_run" = yes ] || [ "$(id -u)" = 0 ] || die "Run it as root: sudo $0"
  command -v systemctl >/dev/null || die "systemd is needed. Without it, use deploy/compose."
  local version
  version=$(systemctl --version | awk 'NR == 1 { print int($2) }')
  # Older ones cannot load a folder of credentials.
  [ "$version" -ge 250 ] || die "systemd 250 or later is needed; this is $version."
}

find_python() {
  local candidate
  for candidate in ${python:-python3 python3.13 python3.12 python3.11 /usr/bin/python3}; do
    if "$candidate" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' \
      2>/dev/null && can_be_seen_by_services "$candidate"; then
      python=$candidate
      return
    fi
  done
  die "Python 3.11 or later with venv is needed, and not one in a home folder, which services" \
    "cannot see. On Debian and Ubuntu: apt install python3-venv"
}

can_be_seen_by_services() {
  on_machine || return 0
  "$1" -c 'import sys; sys.exit(sys.base_prefix.startswith(("/root/", "/home/")))'
}

find_wheel() {
  if [ -z "$wheel" ]; then
    wheel=$(find "$here/../dist" -name 'opensync_pocketbase-*.whl' -printf '%T@ %p\n' 2>/dev/null \
      | sort -n | tail -n 1 | cut -d ' ' -f 2-)
  fi
  [ -f "$wheel" ] || die "There is no wheel. Make one with ./scripts/build, or name it: --wheel FILE"
}

make_user() {
  on_machine || return 0
  getent passwd opensync >/dev/null && return
  say "Making the user opensync"
  run useradd --system --user-group --home-dir /var/lib/opensync --no-create-home \
    --shell /usr/sbin/nologin opensync
}

# Each wheel gets a folder of its own, so that an upgrade is one step, and one step back.
install_program() {
  local name releases=$root/opt/opensync/releases release
  name=$(basename "$wheel" | cut -d - -f 2)
  release=$releases/$name-$(cat "$wheel" "$here/requirements.txt" | sha256sum | cut -c 1-12)
  if [ -e "$release/.complete" ]; then
    say "OpenSync $name is installed already"
  else
    say "Installing OpenSync $name"
    run mkdir -p "$releases"
    run "$python" -m venv --clear "$release"
    # Every file is checked by its SHA-256. The wheel itself is the one that was named.
    run "$release/bin/python" -m pip install --quiet --disable-pip-version-check \
      --only-binary :all: --require-hashes -r "$here/requirements.txt"
    run "$release/bin/python" -m pip install --quiet --disable-pip-version-check \
      --no-index --no-deps "$wheel"
    link_files "$release"
    run touch "$release/.complete"
  fi
  run ln -sfn "releases/$(basename "$release")" "$root/opt/opensync/current"
  remove_old_releases "$releases" "$(basename "$release")"
}

# Units name these by a path in which no version of Python occurs.
link_files() {
  local pair
  for pair in pb_hooks=pb_hooks web=web/dist; do
    if [ "$dry_run" = yes ]; then
      say "would link: $1/${pair%%=*}"
      continue
    fi
    ln -sfn "$(cd / && "$1/bin/python" -c \
      "from sidecar.resources import resource; print(resource('${pair#*=}'))")" "$1/${pair%%=*}"
  done
  [ "$dry_run" = yes ] || [ -f "$1/web/index.html" ] \
    || say "The wheel has no dashboard; ./scripts/build makes one that has."
}

# Keep the one in use and the one before it.
remove_old_releases() {
  [ -d "$1" ] || return 0
  local old
  find "$1" -mindepth 1 -maxdepth 1 -type d ! -name "$2" -printf '%T@ %p\n' | sort -rn \
    | tail -n +2 | cut -d ' ' -f 2- | while IFS= read -r old; do
    run rm -rf "$old"
  done
}

# put MODE FILE: write what is read to a file that is not there yet.
put() {
  if [ -e "$root$2" ]; then
    cat >/dev/null
  elif [ "$dry_run" = yes ]; then
    cat >/dev/null
    say "would write: $root$2"
  else
    (umask 077 && cat >"$root$2.new")
    chmod "$1" "$root$2.new"
    mv "$root$2.new" "$root$2"
  fi
}

new_secret() {
  od -An -N32 -tx1 /dev/urandom | tr -d ' \n'
}

write_settings() {
  run mkdir -p "$root/etc/opensync/credentials" "$root/var/lib/opensync"
  run chmod 0700 "$root/etc/opensync/credentials" "$root/var/lib/opensync"
  on_machine && run chown opensync:opensync /var/lib/opensync
  sed "s|opensync\.example\.org|${host:-opensync.example.org}|" "$here/systemd/opensync.env" \
    | put 0644 /etc/opensync/opensync.env
  new_secret | put 0600 /etc/opensync/credentials/pocketbase_password
  printf 'OPENSYNC_PROXY_SECRET=%s\n' "$(new_secret)" | put 0600 /etc/opensync/proxy.env
}

# PocketBase takes the password as an argument only, so for an instant other users of this machine
# could see it in the list of processes.
make_superuser() {
  local data=$root/var/lib/opensync
  [ -e "$data/pb_data/data.db" ] && return
  say "Making PocketBase's superuser"
  if [ "$dry_run" = yes ]; then
    say "would run: pocketbase superuser upsert"
    return
  fi
  local email
  email=$(sed -n 's/^OPENSYNC_POCKETBASE_EMAIL=//p' "$root/etc/opensync/opensync.env")
  (
    umask 077
    cd "$data"
    as_service "$root/opt/opensync/current/bin/pocketbase" superuser upsert "$email" \
      "$(cat "$root/etc/opensync/credentials/pocketbase_password")" \
      --dir="$data/pb_data" --migrationsDir="$data/pb_migrations" \
      --hooksDir="$root/opt/opensync/current/pb_hooks" >/dev/null
  ) || die "PocketBase could not make its superuser."
}

install_units() {
  local unit
  run mkdir -p "$root/etc/systemd/system" "$root/usr/local/bin"
  for unit in "${units[@]}"; do
    run install -m 0644 "$here/systemd/$unit" "$root/etc/systemd/system/$unit"
  done
  run install -m 0755 "$here/systemd/opensync" "$root/usr/local/bin/opensync"
}

write_traefik_files() {
  [ "$traefik" = yes ] || return 0
  [ -e "$root/etc/traefik/traefik.yml" ] && return
  [ -n "$host" ] || die "Traefik's files need the name of the server: --host NAME"
  run "$root/opt/opensync/current/bin/opensync" traefik "$host" --into "$root/etc/traefik" \
    --acme-email "$acme_email" --sign-in-host "$sign_in_host"
}

start_services() {
  if ! on_machine || [ "$start" = no ]; then
    return 0
  fi
  run systemctl daemon-reload
  run systemctl enable --quiet opensync.target opensync-pocketbase opensync-sidecar
  run systemctl start opensync.target
  run systemctl restart opensync-pocketbase
  # It writes nothing to a database of another version, and keeps what known keys send until then.
  run systemctl restart opensync-sidecar
  say "Preparing the database"
  run retry 30 /usr/local/bin/opensync schema apply
  if [ "$traefik" = yes ]; then
    run systemctl enable --quiet opensync-traefik
    run systemctl restart opensync-traefik
  fi
}

# retry TIMES COMMAND: run it again each second until it succeeds, and show the last try only.
retry() {
  local times=$1 output
  shift
  while ! output=$("$@" 2>&1); do
    times=$((times - 1))
    [ "$times" -gt 0 ] || die "$output"
    sleep 1
  done
}

do_install() {
  if [ "$upgrade" = yes ] && [ ! -e "$root/opt/opensync/current" ]; then
    die "Nothing is installed here to upgrade; leave --upgrade out."
  fi
  find_python
  find_wheel
  make_user
  install_program
  write_settings
  make_superuser
  install_units
  write_traefik_files
  start_services
  next_steps
}

next_steps() {
  [ "$dry_run" = no ] || return 0
  cat <<END

OpenSync is installed below ${root:-/}.

  Settings   $root/etc/opensync/opensync.env: look at OPENSYNC_PUBLIC_URL
  Secrets    $root/etc/opensync/credentials, a file each
  Data       $root/var/lib/opensync: back it up
  Commands   sudo opensync doctor, sudo opensync keys --help
  Logs       journalctl -u opensync-sidecar -u opensync-pocketbase

Next: put Traefik and Authelia in front, as docs/howto/install-on-a-server.md says.
END
}

do_uninstall() {
  local unit
  if on_machine; then
    run systemctl disable --now --quiet "${units[@]}" || true
  fi
  for unit in "${units[@]}"; do
    run rm -f "$root/etc/systemd/system/$unit"
  done
  run rm -rf "$root/opt/opensync"
  run rm -f "$root/usr/local/bin/opensync"
  if on_machine; then
    run systemctl daemon-reload
  fi
  if [ "$purge" = no ]; then
    say "Data in $root/var/lib/opensync and settings in $root/etc/opensync stay. --purge removes them."
    return
  fi
  run rm -rf "$root/etc/opensync" "$root/var/lib/opensync"
  if on_machine && getent passwd opensync >/dev/null; then
    run userdel opensync
  fi
  say "/etc/traefik and Traefik's certificates in /var/lib/traefik stay."
}

parse "$@"
check_machine
"do_$action"
