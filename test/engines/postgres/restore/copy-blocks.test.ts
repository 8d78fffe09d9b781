import { Readable } from 'node:stream';
import fc from 'fast-check';
import { COPY_END, copyHeader, partPreamble, qualified } from '../../../../lambda/engines/postgres/copy-format';
import { readBlocks } from '../../../../lambda/engines/postgres/copy-blocks';

interface Seen { table: string; columns: string; data: string; ended: boolean }

async function read(chunks: Buffer[]): Promise<{ blocks: Seen[]; settings: Record<string, string> }> {
  const blocks: Seen[] = [];
  const settings: Record<string, string> = {};
  await readBlocks('p.sql', Readable.from(chunks), {
    set: (name, value) => { settings[name] = value; },
    block: ({ table, columns }) => {
      const seen: Seen = { table, columns, data: '', ended: false };
      blocks.push(seen);
      const pieces: Buffer[] = [];
      return Promise.resolve({
        write: (data: Buffer) => void pieces.push(Buffer.from(data)),
        end: () => {
          seen.data = Buffer.concat(pieces).toString('utf8');
          seen.ended = true;
          return Promise.resolve();
        },
      });
    },
  });
  return { blocks, settings };
}

function cut(text: string, sizes: number[]): Buffer[] {
  const bytes = Buffer.from(text);
  const chunks: Buffer[] = [];
  for (let at = 0, index = 0; at < bytes.length; index++) {
    const size = Math.max(1, sizes[index % sizes.length] ?? 1);
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

const escaped = (value: string): string => value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\t', '\\t');
const name = fc.string({ minLength: 1, unit: fc.constantFrom('a', 'B', '"', '\n', ' ', ';', '.', ')', '(', ',', '\'', '-', 'é', '\\') });
const field = fc.string({ unit: fc.constantFrom('a', '\\', '.', '\n', '\t', 'é', ' ') }).map(escaped);

test('any names and any data, cut anywhere, come out as they went in', async () => {
  const columns = fc.array(name, { maxLength: 3 });
  const drawn = fc.array(fc.record({ schema: name, table: name, columns, rows: fc.array(field, { maxLength: 4 }) }), { maxLength: 4 });
  const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 });
  await fc.assert(fc.asyncProperty(drawn, cuts, async (tables, sizes) => {
    const text = partPreamble('UTF8') + tables.map(({ schema, table: own, columns: list, rows }) =>
      `\n-- it's a "comment\n${copyHeader(qualified(schema, own), list)}${rows.map((row) => `${row}\n`).join('')}${COPY_END}`).join('');
    const { blocks, settings } = await read(cut(text, sizes));
    expect(blocks.map(({ table: own, data, ended }) => ({ own, data, ended }))).toEqual(tables.map(({ schema, table: own, rows }) => ({ own: qualified(schema, own), data: rows.map((row) => `${row}\n`).join(''), ended: true })));
    expect(settings.client_encoding).toBe('UTF8');
  }), { numRuns: 500 });
});

test.each([
  ['within the data', 'COPY a.b (c) FROM stdin;\n1\n2\n'],
  ['before the newline of its end', 'COPY a.b (c) FROM stdin;\n1\n\\.'],
  ['within a header', 'COPY a.b (c) FROM st'],
])('a part that ends %s is not whole', async (_where, text) => {
  await expect(read([Buffer.from(text)])).rejects.toMatchObject({ code: 'PART_CUT', name: 'IntegrityError' });
});

test.each(['DROP TABLE a.b;\n', 'COPY a.b (c) FROM PROGRAM \'touch x\';\n', 'COPY a.b FROM stdin WITH (FORMAT csv);\n', 'SELECT 1; SET a = 1;\n'])('%j is no line of a part', async (text) => {
  await expect(read([Buffer.from(text)])).rejects.toMatchObject({ code: 'PART_DAMAGED' });
});
