# Puts a dump in place of what is there, all of it or nothing.
set -eu
name="$BACKUP_FROM"
if [ "$name" = latest ]; then name=$(cat "$BACKUP_FOLDER/.latest"); fi
dump="$BACKUP_FOLDER/$name/postgres.dump"
if [ ! -f "$dump" ]; then
  echo "There is no backup $name. There are:"
  ls "$BACKUP_FOLDER"
  exit 1
fi
# pg_restore drops one object after the other and would stumble over those that the dump does not know.
schemas=$(psql "$DATABASE_URL" --no-align --tuples-only --command \
  "select quote_ident(nspname) from pg_namespace where nspname !~ '^pg_' and nspname not in ('information_schema', 'public')")
{
  for schema in $schemas; do echo "drop schema $schema cascade;"; done
  pg_restore --no-owner --file=- "$dump"
} | psql "$DATABASE_URL" --quiet --single-transaction --set ON_ERROR_STOP=1 >/dev/null
echo "The database is what it was at $name."
