import { z } from 'zod';
import { Census } from '../../lib/contract/census';
import { parseVersioned } from '../../lib/contract/common';
import type { Manifest, Part } from '../../lib/contract/manifest';
import type { DrillIdentity } from './age';
import type { CopyReader } from './engine';
import { IntegrityError, messageOf } from './errors';
import { openPart, type StoreReaderOptions } from './store-reader';

const MEND = 'Do not count on this run.';

const Notes = z.record(z.string(), z.unknown());

/** A copy as an engine reads it, and what was read of it to its end. */
export interface OpenedCopy extends CopyReader {
  /** Names of the parts whose bytes were as the manifest says. */
  readonly verified: ReadonlySet<string>;
}

/**
 * Reads what a copy says of itself: its census, and the engine's notes where they lie in a part of their own.
 *
 * @throws IntegrityError when one of them is missing or damaged
 */
export async function openCopy(store: StoreReaderOptions, manifest: Manifest, identity: DrillIdentity | undefined): Promise<OpenedCopy> {
  const verified = new Set<string>();
  const open = (part: Part) => openPart(store, part, ({ name }) => verified.add(name), identity);
  const named = (name: string): Part | undefined => manifest.parts.find((part) => part.name === name);
  const censusPart = named(manifest.census);
  if (!censusPart) throw new IntegrityError('CENSUS_MISSING', `The manifest names the census ${manifest.census}, and no such part.`, MEND);
  const census = parseVersioned('the census', Census, await readJson(censusPart, open(censusPart)));
  let { engineNotes } = manifest;
  if (manifest.notes !== undefined) {
    const part = named(manifest.notes);
    if (!part) throw new IntegrityError('NOTES_MISSING', `The manifest names the notes ${manifest.notes}, and no such part.`, MEND);
    engineNotes = Notes.parse(await readJson(part, open(part)));
  }
  return { manifest: { ...manifest, engineNotes }, census, verified, open: (part) => Promise.resolve(open(part)) };
}

async function readJson({ name }: Part, bytes: AsyncIterable<Buffer>): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (error) {
    throw new IntegrityError('PART_DAMAGED', `Part ${name} is no JSON document: ${messageOf(error)}.`, MEND, { cause: error });
  }
}
