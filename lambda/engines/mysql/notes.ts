import { z } from 'zod';
import { MySqlFlavorName } from '../../../lib/contract/engines/mysql';

const DatabaseNotes = z.strictObject({
  /** The real name; `Part.database` has the same. */
  name: z.string(),
  /** Folder of its parts under the attempt's prefix: `db1`, `db2` … */
  directory: z.string(),
  characterSet: z.string(),
  collation: z.string(),
  /** Unquoted names of tables, each with the part that has its rows and about how many bytes these are. */
  tables: z.array(z.strictObject({
    name: z.string(), part: z.string().optional(), bytes: z.number().nonnegative(),
    /**
     * Of a large table that was read in slices, in place of its part: ranges of the first column of its primary key, each but the first
     * beginning at a bound (decimal text), and the part of each. Its SHA-256 in the census is that of the slices' own, in this order.
     */
    slices: z.strictObject({ column: z.string(), bounds: z.array(z.string().regex(/^-?\d+$/)).min(1), parts: z.array(z.string()).min(2) }).optional(),
  })),
  /** How it was read: side by side on one view of the database, or in one stream, and why. */
  lanes: z.strictObject({ count: z.number().int().positive(), reason: z.string() }),
  /** `file:position` of the binary log at the snapshot, where the server has one and told; `TSO n` of TiDB's clock. */
  position: z.string().optional(),
});
export type DatabaseNotes = z.infer<typeof DatabaseNotes>;

/** The engine's notes of a copy. */
export const MySqlNotes = z.strictObject({
  version: z.literal(1),
  flavor: MySqlFlavorName,
  serverVersion: z.string(),
  /** What a scratch server is given alike. */
  settings: z.strictObject({
    sqlMode: z.string(), lowerCaseTableNames: z.number().int(), maximumPacketBytes: z.number().int(),
    characterSet: z.string(), collation: z.string(),
  }),
  /** Of TiDB: whether the cluster compared every text by its bytes, whatever its collation was called. */
  binaryCollations: z.boolean().optional(),
  databases: z.array(DatabaseNotes).min(1),
});
export type MySqlNotes = z.infer<typeof MySqlNotes>;
