import type { PostgresFlavorName } from '../../../lib/contract/engines/postgres';
import type { ExtensionClass } from './notes';

/** What on a server belongs to its host and not to the application. Names are unquoted. */
export interface Flavor {
  readonly databases: readonly string[];
  /** Structure and rows are the host's: neither is in the copy. The value is the reason. */
  readonly hostSchemas: Readonly<Record<string, string>>;
  /** The structure is the host's, the rows are the application's: both are in the copy. */
  readonly sharedSchemas: readonly string[];
  /** Tables of shared schemas whose rows are the host's bookkeeping, `schema.table` to the reason. */
  readonly hostTables: Readonly<Record<string, string>>;
  /** Tables of shared schemas that a copy must have; others there may be closed to the role and are then named as left out. */
  readonly essentialTables: readonly string[];
  readonly roles: readonly string[];
}

/** Hosts' databases that no customer can read; none is an application's name on any host. */
const HOST_DATABASES = ['rdsadmin', 'azure_maintenance', 'azure_sys', 'cloudsqladmin', 'alloydbadmin', 'alloydbmetadata', '_dodb', '_aiven'];

const RDS_ROLES = [
  'rdsadmin', 'rds_superuser', 'rds_replication', 'rds_password', 'rds_iam', 'rds_ad', 'rdsrepladmin', 'rdstopmgr', 'rdsproxyadmin',
  'rds_reserved', 'rds_extension', 'rdswriteforwarduser', 'rds_aurora_limitless_metadata_admin', 'rds_buffercache',
];

const NOTHING: Flavor = { databases: HOST_DATABASES, hostSchemas: {}, sharedSchemas: [], hostTables: {}, essentialTables: [], roles: [] };

const RDS: Flavor = {
  ...NOTHING,
  hostSchemas: { rdsadmin: 'belongs to RDS' },
  roles: RDS_ROLES,
};

const SECRETS = 'encrypted with a key that only the host has: its rows would be unreadable elsewhere; keep these secrets in a secret store';

/** https://supabase.com/docs/guides/troubleshooting (schemas Supabase manages), and what `supabase db dump` excludes. */
const SUPABASE: Flavor = {
  databases: [...HOST_DATABASES, '_supabase'],
  hostSchemas: {
    vault: SECRETS,
    pgsodium: SECRETS,
    pgsodium_masks: SECRETS,
    realtime: 'Supabase Realtime makes and fills it: messages in flight and its own migrations',
    _realtime: 'Supabase Realtime\'s tenants and its own migrations',
    supabase_functions: 'Supabase\'s database webhooks make and fill it',
    graphql: 'made by pg_graphql from the application\'s tables',
    graphql_public: 'made by pg_graphql from the application\'s tables',
    net: 'requests and answers in flight of pg_net',
    pgbouncer: 'Supabase\'s pooler reads its users by it',
    _analytics: 'Supabase Logs',
    _supavisor: 'Supabase\'s pooler',
    pgtle: 'made by pg_tle',
  },
  sharedSchemas: ['auth', 'storage'],
  hostTables: {
    'auth.schema_migrations': 'says which version of Supabase Auth made the schema; the new project has its own',
    'storage.migrations': 'says which version of Supabase Storage made the schema; the new project has its own',
  },
  essentialTables: ['auth.users', 'auth.identities', 'storage.buckets', 'storage.objects'],
  roles: [
    'supabase_admin', 'supabase_auth_admin', 'supabase_storage_admin', 'supabase_functions_admin', 'supabase_replication_admin',
    'supabase_realtime_admin', 'supabase_read_only_user', 'supabase_etl_admin', 'supabase_privileged_role', 'supabase_superuser',
    'authenticator', 'anon', 'authenticated', 'service_role', 'dashboard_user', 'postgres', 'pgbouncer',
    'pgsodium_keyholder', 'pgsodium_keyiduser', 'pgsodium_keymaker', 'pgtle_admin', 'cli_login_postgres',
  ],
};

const NEON: Flavor = {
  ...NOTHING,
  hostSchemas: { neon_migration: 'Neon\'s own migrations' },
  roles: ['neon_superuser', 'cloud_admin', 'neon_service'],
};

export const FLAVORS: Readonly<Record<PostgresFlavorName, Flavor>> = {
  'self-hosted': NOTHING,
  rds: RDS,
  aurora: RDS,
  supabase: SUPABASE,
  neon: NEON,
};

/** Extensions that do nothing for stored rows: they schedule, send, watch or look inside. Rows of their own tables stay behind. */
const INERT_EXTENSIONS = new Set([
  'pg_cron', 'pg_net', 'pg_stat_statements', 'pg_stat_monitor', 'pgaudit', 'pg_prewarm', 'pg_buffercache', 'pg_freespacemap', 'pg_visibility',
  'pg_walinspect', 'pageinspect', 'pgstattuple', 'pgrowlocks', 'amcheck', 'sslinfo', 'pg_repack', 'hypopg', 'index_advisor', 'pg_hint_plan',
  'pg_wait_sampling', 'pg_qualstats', 'pg_stat_kcache', 'pg_profile', 'pg_proctab', 'plprofiler', 'pldbgapi', 'pg_graphql', 'supabase_vault',
  'pgsodium', 'pg_tle', 'wrappers', 'log_fdw', 'rds_tools', 'rds_activity_stream', 'aws_s3', 'aws_commons', 'aws_lambda', 'aws_ml',
  'apg_plan_mgmt', 'aurora_stat_utils', 'neon', 'neon_utils', 'azure', 'azure_storage', 'pg_azure_storage', 'set_user', 'pgagent',
]);

/** Extensions whose tables cannot be filled by COPY alone. */
const SPECIAL_EXTENSIONS = new Set(['timescaledb', 'citus', 'citus_columnar', 'pglogical', 'orioledb']);

/** `inUse`: an object of the application's depends on it, which makes an inert one needed. */
export function classOfExtension(name: string, inUse: boolean): ExtensionClass {
  if (SPECIAL_EXTENSIONS.has(name)) return 'special';
  return INERT_EXTENSIONS.has(name) && !inUse ? 'inert' : 'needed';
}
