/**
 * Extensions of PostgreSQL's contrib packages, 14 to 18 (PostgreSQL documentation, "Additional Supplied Modules and Extensions"), and
 * pgvector: what lambda/images/postgres/Dockerfile installs.
 */
const IN_IMAGE = new Set([
  'adminpack', 'amcheck', 'autoinc', 'bloom', 'btree_gin', 'btree_gist', 'citext', 'cube', 'dblink', 'dict_int', 'dict_xsyn', 'earthdistance',
  'file_fdw', 'fuzzystrmatch', 'hstore', 'insert_username', 'intagg', 'intarray', 'isn', 'lo', 'ltree', 'moddatetime', 'old_snapshot', 'pageinspect',
  'pg_buffercache', 'pg_freespacemap', 'pg_logicalinspect', 'pg_prewarm', 'pg_stat_statements', 'pg_surgery', 'pg_trgm', 'pg_visibility', 'pg_walinspect',
  'pgcrypto', 'pgrowlocks', 'pgstattuple', 'plpgsql', 'postgres_fdw', 'refint', 'seg', 'sslinfo', 'tablefunc', 'tcn', 'tsm_system_rows', 'tsm_system_time',
  'unaccent', 'uuid-ossp', 'vector', 'xml2',
]);

/** Whether the scratch server of the library's own image can create the extension. */
export function isInPostgresImage(extension: string): boolean {
  return IN_IMAGE.has(extension);
}
