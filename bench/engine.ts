import type { BenchOptions } from './options';
import type { Measured } from './measured';
import type { WorkerSubject } from './workers';

export type DatasetOptions = Pick<BenchOptions, 'sizeBytes' | 'tables' | 'oneTable' | 'smallTables'>;

/** SQL in phases; the statements of one phase may run side by side, the largest first. */
export interface Dataset {
  readonly description: string;
  readonly phases: readonly (readonly string[])[];
}

export interface DatasetSize {
  readonly tables: number;
  readonly rows: number;
  /** Of the form in which the engine's own tool writes rows. */
  readonly textBytes: number;
  readonly diskBytes: number;
}

/** How an engine is measured: `engines/<name>/index.ts` exports one as its default. */
export interface BenchEngine {
  /** Measurements in the order of a turn: the engine's own, and `dump`, `verify` and `writer` of everybody's. */
  readonly measurements: readonly string[];
  /** What a measurement needs of another. */
  readonly needs: Readonly<Record<string, string>>;
  /** What its rows are called that make the size of a data set, such as COPY text. */
  readonly textName: string;
  readonly report: readonly TableLayout[];
  start(place: BenchPlace): Promise<EngineBench>;
}

export interface BenchPlace {
  readonly options: BenchOptions;
  /** Of this engine alone. */
  readonly folder: string;
  readonly say: (line: string) => void;
}

/** Servers that are up, with a data set in them. */
export interface EngineBench {
  /** With its version, such as `PostgreSQL 15.18`. */
  readonly server: string;
  readonly dataset: DatasetSize & { readonly description: string; readonly seconds: number };
  readonly subject: WorkerSubject;
  /** The engine's own measurements. */
  readonly measures: Readonly<Record<string, () => Promise<Measured>>>;
  /** Why some are not measured here. */
  readonly skipped: Readonly<Record<string, string>>;
  readonly writing: WriterPlace;
  stop(): Promise<void>;
}

export interface WriterPlace {
  /** Path of a module that exports `openWriter(address)`. */
  readonly module: string;
  readonly address: string;
  readonly table: string;
  readonly column: string;
  /** Keys of the table, from 1. */
  readonly keys: number;
}

/** Somebody who writes while a dump is made. */
export interface Writing {
  /** One transaction that makes one row's text longer by a dot. */
  write(table: string, column: string, key: number): Promise<void>;
  close(): Promise<void>;
}

/** One table of the report. */
export interface TableLayout {
  readonly title: 'dump' | 'restore';
  /** A column each, whose head is `of <head>`: the line's seconds by those of `line`. */
  readonly against: readonly { readonly head: string; readonly line: string }[];
  readonly lines: readonly LineLayout[];
}

export interface LineLayout {
  readonly name: string;
  readonly title: string;
  readonly measurement: string;
  /** @default the measurement's own */
  readonly seconds?: (measured: Measured) => number;
  /** Names of the lines it is compared with. @default all of the table */
  readonly against?: readonly string[];
}
