import { join } from 'node:path';
import { drill, startSource, type Source } from './support/drill';
import { makeHandCopy } from './support/hand-copy';

let source: Source;

beforeAll(async () => {
  source = await startSource();
}, 60_000);

afterAll(() => source?.stop());

/** Seconds of a drill over so many tables, each with key, foreign key and trigger. */
async function secondsOf(tables: number): Promise<number> {
  const database = `many${tables}`;
  await source.createDatabase(database);
  for (let from = 0; from < tables; from += 500) {
    await source.run(database, `
      CREATE SCHEMA IF NOT EXISTS app; CREATE TABLE IF NOT EXISTS app.root (id int PRIMARY KEY); INSERT INTO app.root VALUES (1) ON CONFLICT DO NOTHING;
      CREATE OR REPLACE FUNCTION app.touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
      DO $$ BEGIN FOR i IN ${from}..${Math.min(from + 500, tables) - 1} LOOP
        EXECUTE format('CREATE TABLE app.%I (id int PRIMARY KEY, root int REFERENCES app.root)', 't' || i);
        EXECUTE format('INSERT INTO app.%I SELECT g, 1 FROM generate_series(1, 5) g', 't' || i);
        IF i % 10 = 0 THEN EXECUTE format('CREATE INDEX ON app.%I (root)', 't' || i); END IF;
        EXECUTE format('CREATE TRIGGER touch BEFORE INSERT ON app.%I FOR EACH ROW EXECUTE FUNCTION app.touch()', 't' || i);
      END LOOP; END $$`);
  }
  const { superuserUrl, binaries: { bin }, folder } = source;
  const copy = await makeHandCopy({ superuserUrl, bin, databases: [database], directory: join(folder, database) });
  const began = performance.now();
  const drilled = await drill(copy, async ({ scratch }) => {
    expect(await scratch.query('SELECT count(*) FROM pg_constraint WHERE contype = \'f\' AND convalidated')).toBe(String(tables));
    expect(await scratch.query('SELECT count(*) FROM pg_trigger WHERE tgname = \'touch\'')).toBe(String(tables));
  });
  expect(drilled.differences).toEqual([]);
  expect(drilled.restored.exceptions).toEqual([]);
  expect(drilled.census.items.length).toBe(tables + 1);
  return (performance.now() - began) / 1000;
}

test('five thousand small tables: nothing quadratic', async () => {
  const few = await secondsOf(500);
  const many = await secondsOf(5000);
  // Ten times the tables may not take more than fifteen times the time, and the start of a server is not counted against the many.
  expect(many).toBeLessThan(15 * few);
}, 300_000);
