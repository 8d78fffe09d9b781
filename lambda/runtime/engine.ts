import type { Readable, Writable } from 'node:stream';
import type { z } from 'zod';
import type { Assertion } from '../../lib/contract/assertion';
import type { Census, CensusItem } from '../../lib/contract/census';
import type { LeftOut, Manifest, Part } from '../../lib/contract/manifest';
import type { Exception } from '../../lib/contract/verdict';
import type { Log } from './log';
import type { Tunnels } from './ssh/tunnels';

/**
 * The run-time half of a source: the same five verbs for every engine, and one shared suite of tests.
 * An engine knows nothing of the store, the slot or the schedule; the workers know nothing of the engine.
 */
export interface Engine<Config = unknown> {
  /** The folder of `lambda/engines`. */
  readonly name: string;
  readonly config: z.ZodType<Config>;

  /** Looks at the source before anything is written: versions, sizes, and refusals with reasons (thrown, typed). */
  inspect(context: EngineContext<Config>): Promise<Inspection>;

  /** Reads one consistent state of the source into parts. Rejects unless every part is whole. */
  dump(context: EngineContext<Config>, sink: PartSink): Promise<Dumped>;

  /** A throwaway server of the same engine and major version, empty. */
  scratch(context: EngineContext<Config>, manifest: Manifest): Promise<Scratch>;

  /** Loads the parts (whole, or what the selection names) into the target. */
  restore(context: EngineContext<Config>, copy: CopyReader, target: Target): Promise<Restored>;

  /** Counts what a live server holds, in the form the dump's own census has. */
  census(context: EngineContext<Config>, target: Target, expected: Census): Promise<Census>;
}

export interface EngineContext<Config> {
  readonly config: Config;
  /** `<runId>` of the run, for `application_name` and the like. */
  readonly runId: string;
  /** Unique to this try. */
  readonly attempt: string;
  readonly log: Log;
  /** Aborted when the worker's time is over or it is asked to stop: everything open must end soon after. */
  readonly signal: AbortSignal;
  /** Reads secrets by ARN, fresh at each call: a rotation between two steps is met by the new value. */
  readonly secrets: SecretReader;
  /** Ways through an SSH host. @default none: a source that needs one is refused */
  readonly tunnels?: Tunnels;
  /** A folder of the worker's own under /tmp, removed at its end. */
  readonly scratchDirectory: string;
  now(): Date;
}

export interface SecretReader {
  /** @throws RefusedError when it is missing or may not be read. */
  read(secretArn: string): Promise<string>;
}

export interface Inspection {
  readonly version: string;
  readonly description: string;
  readonly databases: string[];
  /** Bytes on the source's disk, as far as it says. */
  readonly estimatedBytes: number;
  readonly tools: Record<string, string>;
}

/** Where an engine's bytes go. Parts may be written side by side. */
export interface PartSink {
  /** To whom parts are encrypted, for guides that say how to open them. @default they are not */
  readonly encryption?: PartEncryption;
  /**
   * Streams one part to the store. `produce` writes the raw bytes and must resolve only when the source said that all of it was
   * sent (exit code 0, `COPY n`); when it rejects, the upload is aborted and nothing remains. Hashing and compression are the sink's.
   */
  write(part: PartDescription, produce: (out: Writable) => Promise<void>): Promise<Part>;
}

export interface PartEncryption {
  /** What the name of each encrypted part ends with, behind the compression's own. */
  readonly suffix: string;
  readonly recipients: readonly string[];
}

export interface PartDescription {
  /** Path under the attempt's prefix, of `A-Z a-z 0-9 . _ - /` only, without the encoding's suffixes: the sink adds `.zst` and `.age`. */
  readonly name: string;
  readonly kind: string;
  readonly database?: string;
  /** zstd level, or stored as it is (for what is already compressed). */
  readonly compression: { readonly zstdLevel: number } | 'none';
  /** Stored in the clear even when the copy is encrypted: what says how to open it. Nothing of rows, settings or roles. @default false */
  readonly guide?: boolean;
}

export interface Dumped {
  /** The instant whose state was read. */
  readonly recoveryPoint: Date;
  readonly version: string;
  readonly description: string;
  readonly databases: string[];
  readonly tools: Record<string, string>;
  readonly census: CensusItem[];
  readonly leftOut: LeftOut[];
  /** What restore and drill need to know later; kept in the manifest, versioned by the engine itself. */
  readonly engineNotes: Record<string, unknown>;
}

/** A stored copy, read back. */
export interface CopyReader {
  readonly manifest: Manifest;
  readonly census: Census;
  /**
   * The raw bytes of one part (decoded). The stored bytes are hashed on the way: the stream ends only when size and SHA-256 agree,
   * else it is destroyed with an IntegrityError.
   */
  open(part: Part): Promise<Readable>;
}

/** A server to load into or to count. The connection's shape is the engine's own. */
export interface Target {
  readonly connection: unknown;
}

export interface Scratch extends Target {
  readonly version: string;
  readonly tools: Record<string, string>;
  /** First column of the first row, as text; null where there is none. */
  query(query: string, database?: string): Promise<string | null>;
  /** Ends the server and removes its files. Safe to call twice. */
  stop(): Promise<void>;
}

export interface Restored {
  /** What could not come up in the scratch server and why: the verdict is graded by it. */
  readonly exceptions: Exception[];
  /** Seconds by step, for the report and for those who make it faster. */
  readonly seconds: Record<string, number>;
}

export type { Assertion };
