# Dumps the database into a folder named after the moment, which is there only when the dump is whole and can be read to its end.
set -eu
umask 077
name=$(date -u +%Y-%m-%dT%H-%M-%SZ)
# What a killed one has left.
find "$BACKUP_FOLDER" -maxdepth 1 -name '.part-*' -mmin +1440 -exec rm -rf {} +
part=$(mktemp -d "$BACKUP_FOLDER/.part-XXXXXX")
trap 'rm -rf "$part"' EXIT
pg_dump --dbname="$DATABASE_URL" --format=custom --no-owner --file="$part/postgres.dump"
pg_restore --file=/dev/null "$part/postgres.dump"
# Roles are of the server and in no dump. Those that were given rights by their owners have to be there before the rights are.
psql "$DATABASE_URL" --no-psqlrc --quiet --no-align --tuples-only --set ON_ERROR_STOP=1 --output="$part/roles.sql" --command "
  select format('do \$\$ begin if not exists (select from pg_roles where rolname = %L) then create role %I nologin; end if; end \$\$;', rolname, rolname)
  from pg_roles where rolname !~ '^pg_' and oid in (
    select grantee from pg_class, aclexplode(relacl) where grantee <> relowner
    union select grantee from pg_namespace, aclexplode(nspacl) where grantee <> nspowner)"
mv -T "$part" "$BACKUP_FOLDER/$name"
echo "The database is in $name."
