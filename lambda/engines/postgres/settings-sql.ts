import { quoteIdent, quoteLiteral } from './copy-format';
import type { StoredSetting } from './database-facts';

/** Settings whose stored value is a list of names, quoted one by one (`GUC_LIST_QUOTE` in PostgreSQL 13 to 18). */
const LISTS = new Set(['search_path', 'temp_tablespaces', 'session_preload_libraries', 'shared_preload_libraries', 'local_preload_libraries', 'unix_socket_directories']);

/** `search_path TO 'a', 'b'` of the catalog's `search_path=a, b`. */
export function settingClause(setting: string): string {
  const at = setting.indexOf('=');
  const name = setting.slice(0, at);
  const value = setting.slice(at + 1);
  const values = LISTS.has(name.toLowerCase()) ? listElements(value) : [value];
  return `${name.split('.').map(quoteIdent).join('.')} TO ${values.map(quoteLiteral).join(', ') || '\'\''}`;
}

function listElements(list: string): string[] {
  return [...list.matchAll(/"((?:[^"]|"")*)"|[^,\s"][^,"]*/g)].map(([text, quoted]) => (quoted === undefined ? text.trim() : quoted.replaceAll('""', '"')));
}

/** A statement that names the database it is run in, whatever it is called there. */
export function databaseSettings(settings: readonly StoredSetting[]): string {
  const statements = settings.map(({ role, setting }) => {
    const target = role === null ? 'ALTER DATABASE %1$I' : `ALTER ROLE ${quoteIdent(role).replaceAll('%', '%%')} IN DATABASE %1$I`;
    const format = `${target} SET ${settingClause(setting).replaceAll('%', '%%')}`;
    return `DO ${quoteLiteral(`BEGIN EXECUTE pg_catalog.format(${quoteLiteral(format)}, pg_catalog.current_database()); END`)};\n`;
  });
  return `-- ALTER DATABASE … SET and ALTER ROLE … IN DATABASE … SET, for the database this is run in.\nSET client_encoding = 'UTF8';\n${statements.join('')}`;
}
