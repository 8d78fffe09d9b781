import type { Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import type { Connection, FieldPacket } from 'mysql2/promise';
import { goDuration } from './clock';
import { errorPacket, frame, loginOf, okPacket, type Packet, Packets, regreet, resultPackets, withoutWithheld } from './packets';
import type { TiDbServer } from './server';

/** MySQL, "Protocol::SSLRequest". */
const SSL_REQUEST_BYTES = 32;
const QUIT = 1;
const INIT_DB = 2;
const QUERY = 3;
/** What MySQL's tool reads rows with. */
const ROWS = /^SELECT \/\*!40001 SQL_NO_CACHE \*\/ [\s\S]* FROM `(?:[^`]|``)*`(?:\.`(?:[^`]|``)*`)?\s*$/;

interface Failure { readonly errno?: number; readonly sqlState?: string; readonly sqlMessage?: string; readonly message: string }

/** One client's session: authentication passes to the server behind, statements are answered as TiDB does. */
export class Conversation {
  private fromClient = new Packets();
  private readonly fromBehind = new Packets();
  private user = '';
  private authenticated = false;
  /** Where statements go while `tidb_snapshot` is set. */
  private reader: Connection | undefined;
  private snapshot = '';
  private database = '';
  /** Timestamp of the open transaction. */
  private transaction = '';
  private queue: Promise<void> = Promise.resolve();
  /** A request for TLS has a number of its own, which the server behind never sees. */
  private ahead = 0;

  constructor(private readonly tidb: TiDbServer, private client: Socket, private readonly behind: Socket) {}

  begin(): void {
    const { behind } = this;
    behind.on('data', (chunk: Buffer) => {
      if (this.authenticated) this.client.write(chunk);
      else for (const packet of this.fromBehind.take(chunk)) this.authenticating(packet);
    });
    behind.on('close', () => this.client.destroy());
    this.client.on('close', () => {
      behind.destroy();
      this.reader?.destroy();
      if (this.transaction !== '') this.tidb.release(this.transaction);
    });
    this.listen();
  }

  private listen(): void {
    const { client } = this;
    client.on('data', (chunk: Buffer) => {
      for (const packet of this.fromClient.take(chunk)) {
        if (this.authenticated) {
          this.queue = this.queue.then(() => this.command(packet.payload)).catch((error: Error) => void client.destroy(error));
        } else if (packet.sequence === 1 && packet.payload.length === SSL_REQUEST_BYTES) {
          this.secure();
          return;
        } else {
          this.login(packet);
        }
      }
    });
  }

  private login({ sequence, payload }: Packet): void {
    const first = sequence === 1 + this.ahead;
    if (first) ({ user: this.user, database: this.database } = loginOf(payload));
    this.behind.write(frame(sequence - this.ahead, first ? withoutWithheld(payload) : payload));
  }

  /** What follows the request is TLS, some of it maybe here already. */
  private secure(): void {
    const { certificate: cert, key } = this.tidb.props.tls!;
    this.client.removeAllListeners('data');
    this.client.pause();
    const rest = this.fromClient.left();
    if (rest.length > 0) this.client.unshift(rest);
    this.fromClient = new Packets();
    const plain = this.client;
    this.client = new TLSSocket(plain, { isServer: true, secureContext: createSecureContext({ cert, key }) });
    this.client.on('error', () => plain.destroy());
    this.ahead = 1;
    this.listen();
  }

  private authenticating({ sequence, payload }: Packet): void {
    const greeting = sequence === 0 && payload[0] === 10;
    const { version, props } = this.tidb;
    this.client.write(greeting ? frame(0, regreet(payload, version, props.tls !== undefined)) : frame(sequence + this.ahead, payload));
    if (sequence > 0 && payload[0] === 0) this.authenticated = true;
  }

  private async command(payload: Buffer): Promise<void> {
    if (payload[0] === QUIT) {
      this.client.end();
      return;
    }
    if (payload[0] === INIT_DB) this.database = payload.toString('utf8', 1);
    if (payload[0] !== QUERY) return this.pass(payload);
    const sql = payload.toString('utf8', 1);
    this.tidb.said.push(sql);
    try {
      const statement = await this.answer(sql.trim());
      if (statement === undefined) return;
      this.pass(statement === sql.trim() ? payload : Buffer.concat([Buffer.from([QUERY]), Buffer.from(statement)]));
    } catch (error) {
      const { errno = 1105, sqlState = 'HY000', sqlMessage, message } = error as Failure;
      this.reply(errorPacket(errno, sqlState, sqlMessage ?? message));
    }
  }

  private pass(payload: Buffer): void {
    if (this.snapshot !== '' && this.tidb.isCollected(this.snapshot)) this.reply(errorPacket(9006, 'HY000', this.tidb.tooOld(this.snapshot)));
    else (this.reader ? streamOf(this.reader) : this.behind).write(frame(0, payload));
  }

  /** The statement that the server behind is to answer; undefined when it was answered here. */
  private async answer(sql: string): Promise<string | undefined> {
    const { tidb } = this;
    const bare = sql.replace(/\/\*!\d{5,6} ?([\s\S]*?)\*\//g, '$1').replace(/\s+/g, ' ');
    // TiDB, "Read Historical Data Using the System Variable tidb_snapshot".
    const snapshot = /^SET (?:SESSION |@@(?:SESSION\.)?)tidb_snapshot ?= ?'(\d*)'$/i.exec(bare);
    if (snapshot) return this.readAt(snapshot[1]);
    // TiDB, "FLUSH TABLES": refused; "LOCK TABLES and UNLOCK TABLES": taken and without effect unless enable-table-lock is set.
    if (/^FLUSH TABLES WITH READ LOCK/i.test(bare)) throw failure(1105, 'FLUSH TABLES WITH READ LOCK is not supported.  Please use @@tidb_snapshot');
    if (/^(UN)?LOCK TABLES/i.test(bare)) return this.ok();
    // TiDB, "MySQL Compatibility": no triggers, events and stored routines.
    if (/^CREATE (DEFINER=\S+ )?(TRIGGER|PROCEDURE|FUNCTION|EVENT)\b/i.test(bare)) throw failure(1064, `You have an error in your SQL syntax near "${bare.slice(0, 40)}"`, '42000');
    // TiDB, "System Variables": tidb_snapshot; writes are refused there.
    if (this.snapshot !== '' && /^(INSERT|UPDATE|DELETE|REPLACE|CREATE|ALTER|DROP|TRUNCATE|RENAME)\b/i.test(bare)) throw failure(1105, 'can not execute write statement when \'tidb_snapshot\' is set');
    if (this.snapshot !== '' && /^(START TRANSACTION|BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE SAVEPOINT)\b/i.test(bare)) return this.ok();
    if (/^(START TRANSACTION|BEGIN)\b/i.test(bare)) this.transaction = await tidb.snapshot();
    if (/^(COMMIT|ROLLBACK)$/i.test(bare)) this.endTransaction();
    const life = /^SET GLOBAL tidb_gc_life_time ?= ?'([^']*)'$/i.exec(bare);
    if (life) return this.setLifeTime(life[1]);
    // TiDB, "TIDB_VERSION".
    if (/^SELECT TIDB_VERSION\(\)/i.test(bare)) {
      return this.table(['text'], [[`Release Version: ${tidb.version.replace(/^.*TiDB-/, '')}\nEdition: Community\nGit Commit Hash: 0\nStore: tikv`]]);
    }
    // TiDB, "SHOW MASTER STATUS".
    if (/^SHOW (MASTER|BINARY LOG) STATUS$/i.test(bare)) {
      return this.table(['File', 'Position', 'Binlog_Do_DB', 'Binlog_Ignore_DB', 'Executed_Gtid_Set'], [['tidb-binlog', await tidb.snapshot(), '', '', '']]);
    }
    if (/^SHOW GRANTS$/i.test(bare)) return this.grants();
    const shown = /^SHOW CREATE TABLE (?:`(?:[^`]|``)*`\.)?`((?:[^`]|``)*)`$/i.exec(bare);
    if (shown) return this.showCreate(sql, shown[1]);
    this.database = /^USE `?(\w+)`?$/i.exec(bare)?.[1] ?? this.database;
    const sequence = this.sequence(bare);
    if (sequence) return sequence();
    tidb.definitions.learn(sql);
    return this.inMySql(tidb.definitions.plain(sql));
  }

  /** TiDB, "CREATE SEQUENCE", "SHOW CREATE SEQUENCE", "SHOW TABLE NEXT_ROW_ID". */
  private sequence(sql: string): (() => undefined) | undefined {
    const { sequences } = this.tidb;
    const [, made] = /^CREATE SEQUENCE `(\w+)`/i.exec(sql) ?? [];
    if (made !== undefined) {
      return () => {
        sequences.set(made, { database: this.database, definition: sql, next: 1 });
        return this.ok();
      };
    }
    const [, shown, asked] = /^SHOW (?:CREATE SEQUENCE `\w+`\.`(\w+)`|TABLE `\w+`\.`(\w+)` NEXT_ROW_ID)$/i.exec(sql) ?? [];
    const one = sequences.get(shown ?? asked ?? '');
    if (!one) return undefined;
    return shown === undefined
      ? () => this.table(['DB_NAME', 'TABLE_NAME', 'COLUMN_NAME', 'NEXT_GLOBAL_ROW_ID', 'ID_TYPE'], [[one.database, asked, '', String(one.next), 'SEQUENCE']])
      : () => this.table(['Sequence', 'Create Sequence'], [[shown, one.definition]]);
  }

  /** TiDB's own variables and its order of rows, which is none (TiDB, "ORDER BY"). */
  private inMySql(sql: string): string {
    if (this.snapshot !== '' && ROWS.test(sql)) return `${sql} ORDER BY RAND()`;
    const values: Readonly<Record<string, string>> = {
      tidb_gc_life_time: `'${this.tidb.lifeTime}'`, tidb_gc_enable: '1', tidb_gc_max_wait_time: '86400',
      tidb_current_ts: `'${this.transaction === '' ? 0 : this.transaction}'`, tidb_snapshot: `'${this.snapshot}'`, lower_case_table_names: '2',
    };
    // TiDB, "TABLES": sequences are among them.
    const listed = [...this.tidb.sequences].map(([name, { database }]) => ` UNION ALL SELECT '${database}', '${name}', 'SEQUENCE', NULL, NULL, NULL, NULL, NULL`);
    const tables = `FROM (SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, ENGINE, DATA_LENGTH, INDEX_LENGTH, CREATE_TIME, AUTO_INCREMENT
      FROM information_schema.TABLES${listed.join('')}) AS every_table`;
    const whole = listed.length > 0 && this.snapshot === '' ? sql.replace('FROM information_schema.TABLES', tables) : sql;
    return whole.replaceAll(/@@(?:GLOBAL\.|SESSION\.)?(\w+)/gi, (all, name: string) => values[name.toLowerCase()] ?? all)
      .replaceAll('VERSION()', `'${this.tidb.version}'`);
  }

  private readAt(tso: string): undefined {
    this.reader?.destroy();
    this.reader = undefined;
    this.snapshot = '';
    if (tso === '') return this.ok();
    const reader = this.tidb.takeReader(tso);
    if (typeof reader === 'string') throw failure(8055, reader);
    this.reader = reader;
    this.snapshot = tso;
    const stream = streamOf(reader);
    stream.removeAllListeners('data');
    stream.on('data', (chunk: Buffer) => this.client.write(chunk)).on('close', () => this.client.destroy());
    return this.ok();
  }

  private endTransaction(): void {
    if (this.transaction !== '') this.tidb.release(this.transaction);
    this.transaction = '';
  }

  /** TiDB, "System Variables": tidb_gc_life_time from 10 minutes to a year; "Privilege Management": SYSTEM_VARIABLES_ADMIN. */
  private async setLifeTime(text: string): Promise<undefined> {
    if (this.tidb.props.serverless) throw failure(1238, 'Variable \'tidb_gc_life_time\' is a read only variable');
    const grants = await this.ask<Record<string, string>>(`SHOW GRANTS FOR '${this.user}'@'127.0.0.1'`);
    if (!grants.some((row) => /SYSTEM_VARIABLES_ADMIN|ALL PRIVILEGES ON \*\.\*/.test(Object.values(row)[0]))) {
      throw failure(1227, 'Access denied; you need (at least one of) the SUPER or SYSTEM_VARIABLES_ADMIN privilege(s) for this operation', '42000');
    }
    const life = goDuration(text);
    if (!life) throw failure(1232, 'Incorrect argument type to variable \'tidb_gc_life_time\'', '42000');
    this.tidb.lifeTime = life.seconds < 600 ? '10m0s' : life.text;
    return this.ok();
  }

  /** TiDB, "SHOW GRANTS": rights without blanks, accounts in single quotes. */
  private async grants(): Promise<undefined> {
    const rows = await this.ask<Record<string, string>>(`SHOW GRANTS FOR '${this.user}'@'127.0.0.1'`);
    return this.table([`Grants for ${this.user}@127.0.0.1`], rows.map((row) => [Object.values(row)[0].replaceAll(', ', ',').replace(/ TO `([^`]*)`@`([^`]*)`/, ' TO \'$1\'@\'$2\'')]));
  }

  private async showCreate(sql: string, table: string): Promise<undefined> {
    const connection = await this.tidb.asReader();
    try {
      if (this.database !== '') await connection.query(`USE \`${this.database}\``);
      const [rows, fields] = await connection.query(sql) as unknown as [Record<string, string>[], FieldPacket[]];
      const { definitions } = this.tidb;
      const shown = (row: object) => Object.values(row).map((text: string, at) => (at === 1 ? definitions.show(table, text) : text));
      return this.table(fields.map(({ name }) => name), rows.map(shown));
    } finally {
      await connection.end();
    }
  }

  private async ask<Row>(sql: string): Promise<Row[]> {
    return this.tidb.props.backing.query(sql) as Promise<Row[]>;
  }

  private ok(): undefined {
    return this.reply(okPacket());
  }

  private table(columns: readonly string[], rows: readonly (readonly (string | null)[])[]): undefined {
    return this.reply(...resultPackets(columns, rows));
  }

  private reply(...payloads: readonly Buffer[]): undefined {
    payloads.forEach((payload, at) => this.client.write(frame(at + 1, payload)));
    return undefined;
  }
}

function streamOf(connection: Connection): Socket {
  return (connection as unknown as { connection: { stream: Socket } }).connection.stream;
}

function failure(errno: number, message: string, sqlState = 'HY000'): Error {
  return Object.assign(new Error(message), { errno, sqlState });
}
