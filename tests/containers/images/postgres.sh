#!/bin/bash
# Makes the data directory at the first start and runs what is in /docker-entrypoint-initdb.d, as the public image does.
set -eu
[[ ${1:-} == -* ]] && set -- postgres "$@"
if [[ $1 == postgres && $(id -u) == 0 ]]; then
  install -d -o postgres -g postgres -m 0700 "$PGDATA"
  chown -R postgres:postgres "$PGDATA"
  exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi
if [[ $1 == postgres && ! -s $PGDATA/PG_VERSION ]]; then
  user=${POSTGRES_USER:-postgres}
  # shellcheck disable=SC2086 (several options in one variable)
  initdb --pgdata="$PGDATA" --username="$user" --pwfile=<(printf '%s\n' "${POSTGRES_PASSWORD:?}") \
    --auth-local=trust --auth-host=scram-sha-256 ${POSTGRES_INITDB_ARGS:-} >/dev/null
  printf 'host all all all scram-sha-256\n' >>"$PGDATA/pg_hba.conf"
  pg_ctl --pgdata="$PGDATA" --options="-c listen_addresses=''" --wait start >/dev/null
  if [[ ${POSTGRES_DB:-$user} != postgres ]]; then createdb --username="$user" "${POSTGRES_DB:-$user}"; fi
  for script in /docker-entrypoint-initdb.d/*.sql; do
    [[ -e $script ]] && psql -v ON_ERROR_STOP=1 -q --username="$user" --dbname="${POSTGRES_DB:-$user}" --file="$script"
  done
  pg_ctl --pgdata="$PGDATA" --mode=fast --wait stop >/dev/null
fi
[[ $1 == postgres ]] && set -- "$@" -c listen_addresses='*'
exec "$@"
