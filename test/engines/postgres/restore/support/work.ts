import { Client, type Connection } from 'pg';

/** What was asked of the server and what was walked here, counted: the same on a busy machine as on an idle one. */
export interface Work {
  /** Round trips: each query is one, however many statements it holds. */
  queries: number;
  /** Bytes over the wire, both ways. */
  bytes: number;
  /** Sessions open at once, at most. */
  sessions: number;
  /** Tables copied into by one transaction, at most: what it locks and holds back. */
  tablesATransaction: number;
  /** Elements that arrays' own methods were asked to walk: a search of a list for each of its members is quadratic here. */
  walked: number;
}

const WALKS = ['filter', 'find', 'findIndex', 'map', 'flatMap', 'some', 'every', 'includes', 'indexOf', 'reduce', 'forEach', 'slice', 'concat', 'sort'] as const;

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** Replaces a method while `counted` runs; gives what puts it back. */
function wrap(holder: object, name: string, around: (original: Method) => Method): () => void {
  const methods = holder as Record<string, Method>;
  const own = Object.getOwnPropertyDescriptor(holder, name) as PropertyDescriptor;
  Object.defineProperty(holder, name, { ...own, value: around(methods[name]) });
  return () => Object.defineProperty(holder, name, own);
}

/** Runs something and counts what it does by way of `pg` and of arrays. */
export async function counted<Result>(run: () => Promise<Result>): Promise<{ work: Work; result: Result }> {
  const work: Work = { queries: 0, bytes: 0, sessions: 0, tablesATransaction: 0, walked: 0 };
  let open = 0;
  const tables = new WeakMap<object, number>();
  const restores = [
    wrap(Client.prototype, 'connect', (original) => function (this: unknown, ...args) {
      const { stream } = (this as { connection: Connection }).connection;
      work.sessions = Math.max(work.sessions, ++open);
      stream.once('close', () => {
        open--;
        work.bytes += (stream as unknown as { bytesRead: number }).bytesRead + (stream as unknown as { bytesWritten: number }).bytesWritten;
      });
      return original.apply(this, args);
    }),
    wrap(Client.prototype, 'query', (original) => function (this: unknown, ...args) {
      const session = this as object;
      const text = typeof args[0] === 'string' ? args[0] : (args[0] as { text?: string }).text ?? '';
      work.queries++;
      if (text === 'BEGIN') tables.set(session, 0);
      if (/^COPY .* FROM STDIN/.test(text)) tables.set(session, (tables.get(session) ?? 0) + 1);
      work.tablesATransaction = Math.max(work.tablesATransaction, tables.get(session) ?? 0);
      return original.apply(this, args);
    }),
    ...WALKS.map((name) => wrap(Array.prototype, name, (original) => function (this: unknown, ...args) {
      work.walked += (this as unknown[]).length;
      return original.apply(this, args);
    })),
  ];
  try {
    return { result: await run(), work };
  } finally {
    for (const restore of restores) restore();
  }
}
