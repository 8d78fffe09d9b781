import type { StoredVersion } from '../store-listing';

type Kind = 'runs' | 'verdicts' | 'parts';

/** All that the store holds of one run, each kind in the order of its listing. */
export interface RunObjects extends Readonly<Record<Kind, readonly StoredVersion[]>> {
  readonly runId: string;
}

const KINDS: readonly Kind[] = ['runs', 'verdicts', 'parts'];

/** Merges the listings of the kinds by run, the oldest run first, holding no more than a run at a time of each. */
export async function* byRun(
  listings: Readonly<Record<Kind, AsyncIterable<StoredVersion>>>,
  runIdOf: Readonly<Record<Kind, (key: string) => string | undefined>>,
  onUnknown: (version: StoredVersion) => void,
): AsyncGenerator<RunObjects> {
  const iterators = KINDS.map((kind) => grouped(listings[kind], runIdOf[kind], onUnknown));
  // One listing after the other: what it holds at its beginning depends on the order.
  const heads: (Group | undefined)[] = [];
  for (const iterator of iterators) heads.push(await next(iterator));
  for (;;) {
    const runId = heads.flatMap((head) => head?.runId ?? []).sort()[0];
    if (runId === undefined) return;
    const found: Record<Kind, readonly StoredVersion[]> = { runs: [], verdicts: [], parts: [] };
    for (const [index, kind] of KINDS.entries()) {
      const head = heads[index];
      if (head?.runId !== runId) continue;
      found[kind] = head.versions;
      heads[index] = await next(iterators[index]);
    }
    yield { runId, ...found };
  }
}

interface Group {
  readonly runId: string;
  readonly versions: readonly StoredVersion[];
}

async function next(groups: AsyncGenerator<Group>): Promise<Group | undefined> {
  const { done, value } = await groups.next();
  return done ? undefined : value;
}

async function* grouped(
  listing: AsyncIterable<StoredVersion>, runIdOf: (key: string) => string | undefined, onUnknown: (version: StoredVersion) => void,
): AsyncGenerator<Group> {
  let runId: string | undefined;
  let versions: StoredVersion[] = [];
  for await (const version of listing) {
    const own = runIdOf(version.key);
    if (own === undefined) {
      onUnknown(version);
      continue;
    }
    if (own !== runId) {
      if (runId !== undefined) yield { runId, versions };
      [runId, versions] = [own, []];
    }
    versions.push(version);
  }
  if (runId !== undefined) yield { runId, versions };
}
