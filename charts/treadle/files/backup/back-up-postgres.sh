# Dumps the database into a folder named after the moment, which is there only when it is whole.
set -eu
umask 077
name=$(date -u +%Y-%m-%dT%H-%M-%SZ)
part="$BACKUP_FOLDER/.part"
rm -rf "$part"
mkdir -p "$part"
pg_dump --dbname="$DATABASE_URL" --format=custom --no-owner --file="$part/postgres.dump"
pg_restore --list "$part/postgres.dump" >/dev/null
mv "$part" "$BACKUP_FOLDER/$name"
echo "$name" >"$BACKUP_FOLDER/.latest"
echo "The database is in $name."
