#!/bin/sh
# Run PocketBase with a superuser whose password is the secret's, whatever it was before.
set -eu
umask 077
folders="--dir=/var/lib/opensync/pb_data --hooksDir=/opt/opensync/pb_hooks
  --migrationsDir=/var/lib/opensync/pb_migrations"
# shellcheck disable=SC2086 # several arguments, none with a space
pocketbase superuser upsert "$OPENSYNC_POCKETBASE_EMAIL" \
  "$(cat /run/secrets/opensync_pocketbase_password)" $folders >/dev/null
# shellcheck disable=SC2086
exec pocketbase serve --http=0.0.0.0:8090 $folders --publicDir=/opt/opensync/web \
  "--origins=$OPENSYNC_PUBLIC_URL" --automigrate=false --hooksWatch=false
