# Puts a dump in place of what is there, all of it or nothing.
set -eu
name="$BACKUP_FROM"
if [ "$name" = latest ]; then name=$(ls "$BACKUP_FOLDER" | grep '^[0-9]' | sort | tail -n 1); fi
folder="$BACKUP_FOLDER/$name"
dump="$folder/postgres.dump"
if [ ! -f "$dump" ]; then
  echo "There is no backup $name. There are:"
  ls "$BACKUP_FOLDER"
  exit 1
fi
run() { psql "$DATABASE_URL" --no-psqlrc --quiet --no-align --tuples-only --set ON_ERROR_STOP=1 "$@"; }

# What was running has been told to stop, and would go on writing into what is restored.
others="select count(*) from pg_stat_activity where datname = current_database() and usename = current_user and pid <> pg_backend_pid()"
for attempt in $(seq 300); do
  count=$(run --command "$others")
  if [ "$count" = 0 ]; then break; fi
  if [ "$attempt" = 1 ]; then echo "Waiting until $count others leave the database."; fi
  if [ "$attempt" = 300 ]; then
    echo "$count others are still in the database. Nothing is changed; stop them, and try again."
    exit 1
  fi
  sleep 2
done

# Of the system and of extensions is what was there before anybody's.
theirs="deptype = 'e' and classid ="
tables=$(run --command "select count(*) from pg_class c join pg_namespace n on n.oid = relnamespace where relkind in ('r', 'p')
  and nspname !~ '^pg_' and nspname <> 'information_schema'
  and not exists (select from pg_depend where $theirs 'pg_class'::regclass and objid = c.oid)")
if [ "$tables" != 0 ] && [ "$BACKUP_OVERWRITE" != true ]; then
  echo "The database is not empty: it has $tables tables. Nothing is changed. To lose them, set backup.overwrite to true."
  exit 1
fi

# Who may make no roles is bound by row-level security anyway, and needs none to be bound by it.
rights=
run --file="$folder/roles.sql" || rights=--no-privileges

# pg_restore drops one object after the other and would stumble over those that the dump does not know. A dump that cannot be read to its end
# never comes to the commit.
said=$({
  echo 'begin; set local client_min_messages = warning;'
  run --command "select format('drop schema %I cascade;', nspname) from pg_namespace n
    where nspname !~ '^pg_' and nspname not in ('information_schema', 'public')
    and not exists (select from pg_depend where $theirs 'pg_namespace'::regclass and objid = n.oid)"
  pg_restore --no-owner $rights --file=- "$dump"
  printf '%s\n' 'commit;' '\echo committed'
} | run --output=/dev/null)
if [ "$said" != committed ]; then
  echo "The backup $name cannot be read to its end. Nothing is changed; take another one."
  exit 1
fi
echo "The database is what it was at $name."
