#!/bin/bash
# Hands the folders of the volume to the server's user and becomes the server, as the public image does.
set -eu
if [[ $(id -u) == 0 ]]; then
  chown -R rabbitmq:rabbitmq /var/lib/rabbitmq /var/log/rabbitmq
  exec setpriv --reuid=rabbitmq --regid=rabbitmq --init-groups "$0" "$@"
fi
exec "$@"
