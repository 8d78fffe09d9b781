import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createConnection, type Connection } from 'mysql2/promise';
import type { FamilyServer } from '../../../../rehearsal/servers/mysql-family-server';
import { goDuration, instantOf, Oracle } from './clock';
import { Definitions } from './definitions';
import { Conversation } from './conversation';

export const TIDB_VERSION = '8.0.11-TiDB-v8.5.1';
/** Tools and sessions that read at one timestamp, with some to spare. */
const READERS = 12;

/** One state of the cluster: sessions of the server behind that stand on it. */
export interface Snapshot {
  readonly tso: string;
  readonly readers: Connection[];
}

export interface TiDbProps {
  /** The MySQL server behind. */
  readonly backing: FamilyServer;
  /** Who reads snapshots, with the rights of that account at the server behind. */
  readonly reader: { readonly user: string; readonly password: string };
  readonly version?: string;
  /** Certificate and key, in PEM. @default it has no TLS */
  readonly tls?: { readonly certificate: string; readonly key: string };
  readonly lifeTime?: string;
  /** Nobody may set the life time there (TiDB Cloud, "Limited SQL Features": read-only on Starter and Essential). @default false */
  readonly serverless?: boolean;
}

/**
 * A server that speaks MySQL's protocol and answers as TiDB's manual says, in front of a real MySQL server that keeps the data. A snapshot
 * is one: its readers were opened at one state, between two commits, and any session that sets `tidb_snapshot` to its timestamp reads
 * there, whatever is written meanwhile. What it is not: a cluster. Earlier definitions are not kept, and rows and plans are MySQL's.
 */
export class TiDbServer {
  static async start(props: TiDbProps): Promise<TiDbServer> {
    const one = new TiDbServer(props);
    // The server behind then knows the password by its hash, and never asks for the password itself (MySQL, "Caching SHA-2").
    await one.asReader().then((connection) => connection.end());
    await new Promise<void>((resolve) => one.listener.listen(0, '127.0.0.1', resolve));
    return one;
  }

  readonly definitions = new Definitions();
  /** Where each of them stands, by its name (TiDB, "CREATE SEQUENCE"), in the database of their owner. */
  readonly sequences = new Map<string, { readonly database: string; readonly definition: string; next: number }>();
  /** Statements as they came, for tests that count or look at them. */
  readonly said: string[] = [];
  lifeTime: string;
  readonly version: string;
  private readonly listener: Server;
  private readonly oracle = new Oracle();
  private readonly snapshots = new Map<string, Snapshot>();
  private readonly sockets = new Set<Socket>();
  private safePoint = 0n;
  private making: Promise<unknown> = Promise.resolve();

  private constructor(readonly props: TiDbProps) {
    this.version = props.version ?? TIDB_VERSION;
    this.lifeTime = props.lifeTime ?? '10m0s';
    this.listener = createServer((client) => {
      const behind = connect(props.backing.port, '127.0.0.1');
      for (const socket of [client, behind]) {
        this.sockets.add(socket);
        socket.on('error', () => undefined).on('close', () => this.sockets.delete(socket));
      }
      new Conversation(this, client, behind).begin();
    });
  }

  get port(): number {
    return (this.listener.address() as AddressInfo).port;
  }

  get lifeSeconds(): number {
    return goDuration(this.lifeTime)!.seconds;
  }

  /** A new state that sessions may read: its readers are opened while no commit can pass. */
  snapshot(): Promise<string> {
    const make = this.making.then(async () => {
      const { backing, reader } = this.props;
      const place = { host: '127.0.0.1', port: backing.port, dateStrings: true } as const;
      const owner = await createConnection({ ...place, user: backing.user, password: backing.password });
      const readers: Connection[] = [];
      try {
        await owner.query('SET SESSION lock_wait_timeout = 1');
        for (let count = 0; count < READERS; count++) readers.push(await createConnection({ ...place, ...reader, flags: ['-SESSION_TRACK', '-FOUND_ROWS', '-CLIENT_QUERY_ATTRIBUTES'] }));
        await owner.query('FLUSH TABLES WITH READ LOCK');
        await Promise.all(readers.map((one) => one.query('START TRANSACTION WITH CONSISTENT SNAPSHOT')));
        const tso = this.oracle.next();
        this.snapshots.set(tso, { tso, readers });
        return tso;
      } catch (error) {
        for (const one of readers) one.destroy();
        throw error;
      } finally {
        await owner.end();
      }
    });
    this.making = make.catch(() => undefined);
    return make;
  }

  /** A session of the server behind that stands on that state; a message of TiDB's where there is none any more. */
  takeReader(tso: string): Connection | string {
    if (this.isCollected(tso)) return `snapshot is older than GC safe point ${instantOf(String(this.safePoint))}`;
    return this.snapshots.get(tso)?.readers.pop() ?? `invalid snapshot timestamp ${tso}`;
  }

  /** A session of the account that reads, with its rights. */
  asReader(): Promise<Connection> {
    return createConnection({ host: '127.0.0.1', port: this.props.backing.port, ...this.props.reader, dateStrings: true });
  }

  release(tso: string): void {
    for (const one of this.snapshots.get(tso)?.readers ?? []) one.destroy();
    this.snapshots.delete(tso);
  }

  /** Garbage is collected up to now, whatever is being read. */
  collectGarbage(): void {
    this.safePoint = BigInt(this.oracle.next());
  }

  isCollected(tso: string): boolean {
    return BigInt(tso) < this.safePoint;
  }

  /** TiDB, "Error Codes and Troubleshooting", 9006. */
  tooOld(tso: string): string {
    return `GC life time is shorter than transaction duration, transaction starts at ${instantOf(tso)}, GC safe point is ${instantOf(String(this.safePoint))}`;
  }

  /** Ends every session of the account of the backups, as a failover does. */
  endSessions(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  get openSessions(): number {
    return this.sockets.size;
  }

  async stop(): Promise<void> {
    this.endSessions();
    for (const tso of [...this.snapshots.keys()]) this.release(tso);
    await new Promise<void>((resolve) => this.listener.close(() => resolve()));
  }
}
