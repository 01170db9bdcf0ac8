#!/bin/sh
# Formats an empty data folder under a cluster id of its own, then runs the broker; a folder in use is gone on with.
set -eu
PATH="/opt/kafka/bin:$PATH"
settings=${1:-/etc/budgetwatch/server.properties}
data=$(sed -n 's/^log\.dirs=//p' "$settings")
if [ ! -f "$data/meta.properties" ]; then
  kafka-storage.sh format --cluster-id "$(kafka-storage.sh random-uuid)" --config "$settings"
fi
exec kafka-server-start.sh "$settings"
