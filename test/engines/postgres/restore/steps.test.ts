import type { ArchiveEntry } from '../../../../lambda/engines/postgres/archive';
import { remainingPaths } from '../../../../lambda/runtime/step-graph';
import { isStructure } from '../../../../lambda/engines/postgres/restore-entries';
import { restoreSteps } from '../../../../lambda/engines/postgres/restore-steps';
import type { Part } from '../../../../lib/contract/manifest';

const TABLE = 'public.events';
const entry = (id: number, kind: string, tag: string, definition: string, dependencies: number[] = []): ArchiveEntry => ({
  id, kind, schema: 'public', tag, owner: 'owner', definition, dependencies,
} as unknown as ArchiveEntry);

test('of one table\'s indexes those of text and numeric columns are begun first, hash indexes before them', () => {
  const structure = [entry(1, 'TABLE', 'events', `CREATE TABLE public.events (
    id bigint NOT NULL,
    kind text NOT NULL,
    "Full name" character varying(120),
    occurred_at timestamp with time zone
);`)];
  const index = (id: number, tag: string, using: string): ArchiveEntry =>
    entry(id, 'INDEX', tag, `CREATE INDEX ${tag} ON public.events USING ${using};`, [1]);
  const { steps, tail } = restoreSteps({
    structure,
    entries: [
      index(2, 'by_time', 'btree (occurred_at)'), index(3, 'by_kind', 'btree (kind, occurred_at)'), index(4, 'by_name', 'btree ("Full name")'),
      index(5, 'by_id_hash', 'hash (id)'),
    ],
    parts: [{ part: { name: 'rows', rawSizeBytes: 1e9 } as Part, tables: [TABLE] }],
    bytesOf: () => 1e9, load: () => Promise.resolve(), execute: () => Promise.resolve(),
  });
  expect(tail).toEqual([]);
  const paths = remainingPaths(steps);
  const path = (tag: string): number => paths.get(steps.find(({ id }) => id.startsWith(`index ${tag} `))!.id)!;
  expect(path('by_kind')).toBeGreaterThan(path('by_time'));
  expect(path('by_name')).toBe(path('by_kind'));
  expect(path('by_id_hash')).toBeGreaterThan(path('by_kind'));
});

test.each([
  ['of 16 and older', 'pre-data', 'BLOB', true], ['of 17 and newer', 'data', 'BLOB METADATA', true], ['their bytes', 'data', 'BLOBS', false],
] as const)('large objects are made before anything fills them: %s', (_of, section, kind, made) => {
  expect(isStructure({ section, kind })).toBe(made);
});
