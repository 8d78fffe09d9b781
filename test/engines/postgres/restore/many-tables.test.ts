import { join } from 'node:path';
import { drill, startSource, type Source } from './support/drill';
import { makeHandCopy } from './support/hand-copy';
import { counted, type Work } from './support/work';

let source: Source;

beforeAll(async () => {
  source = await startSource();
});

afterAll(() => source?.stop());

interface DrillWork extends Work {
  /** Rows that the scratch server read, its catalog's too. */
  readonly rowsRead: number;
}

/** What a drill does over so many tables, each with key, foreign key and trigger; what it brings back is looked at. */
async function workOf(tables: number): Promise<DrillWork> {
  const database = `many${tables}`;
  await source.createDatabase(database);
  await source.run(database, 'CREATE SCHEMA app; CREATE FUNCTION app.touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$');
  for (let from = 0; from < tables; from += 500) {
    await source.run(database, `
      DO $$ BEGIN FOR i IN ${from}..${Math.min(from + 500, tables) - 1} LOOP
        EXECUTE format('CREATE TABLE app.%I (id int PRIMARY KEY, root int REFERENCES app.%I)', 't' || i, 't' || i / 20 * 20);
        EXECUTE format('INSERT INTO app.%I SELECT g, 1 FROM generate_series(1, 5) g', 't' || i);
        IF i % 10 = 0 THEN EXECUTE format('CREATE INDEX ON app.%I (root)', 't' || i); END IF;
        EXECUTE format('CREATE TRIGGER touch BEFORE INSERT ON app.%I FOR EACH ROW EXECUTE FUNCTION app.touch()', 't' || i);
      END LOOP; END $$`);
  }
  const { superuserUrl, binaries: { bin }, folder } = source;
  const copy = await makeHandCopy({ superuserUrl, bin, databases: [database], directory: join(folder, database) });
  let rowsRead = 0;
  const { work, result } = await counted(() => drill(copy, async ({ scratch }) => {
    rowsRead = Number(await scratch.query(`SELECT tup_returned + tup_fetched FROM pg_stat_database WHERE datname = '${database}'`));
    expect(await scratch.query('SELECT count(*) FROM pg_constraint WHERE contype = \'f\' AND convalidated')).toBe(String(tables));
    expect(await scratch.query('SELECT count(*) FROM pg_trigger WHERE tgname = \'touch\'')).toBe(String(tables));
  }));
  expect(result.differences).toEqual([]);
  expect(result.restored.exceptions).toEqual([]);
  expect(result.census.items.length).toBe(tables);
  return { ...work, rowsRead };
}

test('two thousand small tables: ten times what two hundred ask for, and nothing more held', async () => {
  const few = await workOf(200);
  const many = await workOf(2000);
  expect(few.queries).toBeGreaterThan(200);
  expect(many.queries).toBeLessThanOrEqual(10 * few.queries);
  expect(many.bytes).toBeLessThanOrEqual(11 * few.bytes);
  // What is quadratic comes to a hundred times; the server's own caches and sorting cost a little more than ten.
  expect(many.walked).toBeLessThan(15 * few.walked);
  expect(many.rowsRead).toBeLessThan(20 * few.rowsRead);
  expect(many.sessions).toBe(few.sessions);
  expect(many.tablesATransaction).toBeLessThanOrEqual(200);
});
