# To be sourced: finds or starts the PostgreSQL server that the suites run on.
#
#   acquire_postgres DIR   exports MIRA_TEST_DATABASE_URL; DIR is an empty folder for a server of its own
#   release_postgres       drops or stops whatever acquire_postgres made, and nothing else

postgres_pid=
postgres_dir=
scratch_database=
scratch_server=postgres://postgres@127.0.0.1:5432/postgres

acquire_postgres() {
  if [ -n "${MIRA_TEST_DATABASE_URL:-}" ]; then
    echo 'Using the server of MIRA_TEST_DATABASE_URL.'
    return
  fi
  if [ -z "${MIRA_TEST_OWN_POSTGRES:-}" ] && node scripts/scratch-database.mjs probe "$scratch_server"; then
    local name="mira_ci_$$_$(date +%s)"
    node scripts/scratch-database.mjs create "$scratch_server" "$name"
    scratch_database=$name
    export MIRA_TEST_DATABASE_URL="${scratch_server%/*}/$name"
    echo "Using the server on 127.0.0.1:5432, with the scratch database $name."
    return
  fi
  start_postgres "$1"
}

release_postgres() {
  if [ -n "$scratch_database" ]; then
    node scripts/scratch-database.mjs drop "$scratch_server" "$scratch_database" || return
    scratch_database=
  fi
  if [ -n "$postgres_pid" ]; then
    # SIGINT is PostgreSQL's fast shutdown: it ends its sessions and waits for nobody
    kill -INT "$postgres_pid" 2>/dev/null || true
    wait "$postgres_pid" 2>/dev/null || true
    postgres_pid=
  fi
  if [ -n "$postgres_dir" ]; then
    rm -rf "$postgres_dir"
    postgres_dir=
  fi
}

# The newest of Debian's server binaries, or nothing.
postgres_binaries() {
  { find /usr/lib/postgresql -path '*/bin/initdb' -printf '%h\n' 2>/dev/null || true; } | sort --version-sort | tail -n 1
}

install_postgres() {
  local as_root=()
  if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null; then
      echo 'No PostgreSQL answers, none is installed, and without root or sudo none can be.' >&2
      return 1
    fi
    as_root=(sudo)
  fi
  "${as_root[@]}" apt-get update -q
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends postgresql
}

start_postgres() {
  local bin port as_owner=() tries
  bin=$(postgres_binaries)
  if [ -z "$bin" ]; then
    install_postgres
    bin=$(postgres_binaries)
  fi
  if [ -z "$bin" ]; then
    echo "Debian's postgresql package brought no server binaries." >&2
    return 1
  fi

  # a folder of its own and not one in DIR: its owner, who is not root, must be able to walk to it
  postgres_dir=$(mktemp -d /tmp/mira-postgres.XXXXXX)
  if [ "$(id -u)" = 0 ]; then
    # PostgreSQL refuses to run as root; setpriv replaces itself by the server, so that $! is the server's own id
    chown postgres: "$postgres_dir"
    as_owner=(setpriv --reuid=postgres --regid=postgres --init-groups --)
  fi
  "${as_owner[@]}" "$bin/initdb" --pgdata="$postgres_dir/data" --username=postgres --auth=trust --encoding=UTF8 \
    --locale=C --no-sync >"$1/initdb.log" || { cat "$1/initdb.log" >&2; return 1; }

  port=$(node -p 'const s = require("node:net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); }); ""' | head -n 1)
  # What a test server loses in a power cut is nothing; sockets stay out of the shared folder.
  (cd / && exec "${as_owner[@]}" "$bin/postgres" -D "$postgres_dir/data" -p "$port" -c listen_addresses=127.0.0.1 \
    -c unix_socket_directories= -c fsync=off) >"$1/postgres.log" 2>&1 </dev/null &
  postgres_pid=$!
  export MIRA_TEST_DATABASE_URL="postgres://postgres@127.0.0.1:$port/postgres"
  for tries in $(seq 1 60); do
    if node scripts/scratch-database.mjs probe "$MIRA_TEST_DATABASE_URL"; then
      echo "Started $("$bin/postgres" --version) on 127.0.0.1:$port."
      return
    fi
    kill -0 "$postgres_pid" 2>/dev/null || break
    sleep 0.5
  done
  cat "$1/postgres.log" >&2
  return 1
}
