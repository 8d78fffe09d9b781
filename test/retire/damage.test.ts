import { randomUUID } from 'node:crypto';
import * as fc from 'fast-check';
import { manifestKey, policyPrefix, readingsPrefix } from '../../lib/contract/object-keys';
import type { RetireReport } from '../../lib/contract/retire-report';
import { parseStoreAudit, type StoreAudit } from '../../lib/contract/store-audit';
import type { Copy } from '../../lib/model/copy';
import { judgeCopies } from '../../lambda/runtime/copies/judge-copies';
import type { SurveyedCopy } from '../../lambda/runtime/copies/survey';
import { locked } from '../extend/support';
import { seeded } from '../model/seed';
import { forgetCalls, rot, scrubRound } from '../scrub/support';
import { BUCKET, DAY, ID, morning, protectionOf, RetireStore, slot } from './support';

let store: RetireStore;

beforeEach(async () => {
  store = await RetireStore.start();
});

afterEach(async () => {
  await store.stop();
});

/** Reads every copy now. */
const scrubAll = async (): Promise<void> => void await scrubRound(store, { periodSeconds: 1 }).catch((error: Error) => {
  if (!/PART_/.test(error.message)) throw error;
});

const reasonsOf = ({ protections }: RetireReport, runId: string): string => protections[0].decisions!.find((one) => one.runId === runId)!.reasons.join('; ');

async function newestAudit(): Promise<StoreAudit> {
  return parseStoreAudit(JSON.parse(String(await store.endpoint.s3.read(BUCKET, store.keys(policyPrefix('audits', ID)).at(-1)!))));
}

/** So many of the newest proven ones, and one more by the rules. */
const lean = (minimumVerified: number) => ({ protections: [protectionOf({ retention: { rules: { last: 1 }, minimumVerified, timeZone: 'UTC' } })] });

describe('a copy that was not as it was written when it was last read', () => {
  it('counts as not proven: another one is kept in its place, and report, log and audit say why', async () => {
    const made = await store.copies(0, 3);
    await rot(store, made[3], 1);
    store.at(morning(3));
    expect(await store.decided({ dryRun: true })).toMatchObject({ [made[0]]: 'announced' });
    await scrubAll();
    const report = await store.round({ whole: true });
    expect(report.protections[0]).toMatchObject({ copies: 4, proven: 3, damaged: 1, kept: 4, announced: 0 });
    expect(reasonsOf(report, made[0])).toContain('newest proven copy of 2026-03-01 (daily 3 of 3)');
    expect(reasonsOf(report, made[2])).toContain('newest proven copy of all');
    const why = /none proven.*counts as not proven, for it is not as it was written by what was read at .*: Part rows\/00001\.sql has SHA-256/;
    expect(reasonsOf(report, made[3])).toMatch(why);
    const [finding] = report.findings;
    expect(finding).toMatchObject({ kind: 'copy-damaged', key: manifestKey(ID, made[3]), text: expect.stringContaining('counts as not proven') });
    expect(store.lines).toContainEqual(expect.objectContaining({ finding: 'copy-damaged', key: manifestKey(ID, made[3]) }));
    const [audited] = (await newestAudit()).protections;
    expect(audited).toMatchObject({ provenCopies: 3, newestProven: made[2], damaged: [{ runId: made[3], proven: true }] });
  });

  it('never makes up the minimum, whose next copy is taken back though it was announced', async () => {
    const made = await store.copies(0, 3);
    store.at(morning(3));
    expect(await store.decided(lean(2))).toMatchObject({ [made[0]]: 'announced', [made[1]]: 'announced', [made[2]]: 'kept', [made[3]]: 'kept' });
    await rot(store, made[2], 1);
    store.at(morning(4));
    await scrubAll();
    expect(await store.decided(lean(2))).toEqual({ [made[0]]: 'waiting', [made[1]]: 'taken-back', [made[2]]: 'announced', [made[3]]: 'kept' });
    // Who lengthens locks judges as retirement does.
    expect(await locked(store)).toMatchObject({ [made[1]]: 'locked', [made[2]]: 'leaving', [made[3]]: 'locked' });
  });

  it('counts again once a round reads it whole', async () => {
    const made = await store.copies(0, 3);
    const mend = await rot(store, made[3], 1);
    store.at(morning(3));
    await scrubAll();
    expect(await store.decided()).toMatchObject({ [made[0]]: 'kept' });
    await mend();
    store.at(morning(4));
    await scrubRound(store);
    const report = await store.round({ whole: true });
    expect(report.protections[0]).toMatchObject({ proven: 4, damaged: 0, announced: 1 });
    expect(report.findings).toEqual([]);
    expect((await newestAudit()).protections[0]).toMatchObject({ newestProven: made[3], damaged: [] });
  });

  it.each([['proven', 0, 4], ['checksums-only', 0, 3], ['not-proven', 1, 3]] as const)(
    'is believed to be whole by a verification that began after it, and found it so: %s', async (outcome, damaged, proven) => {
      const made = await store.copies(0, 3);
      const attempt = (JSON.parse(String(await store.endpoint.s3.read(BUCKET, manifestKey(ID, made[3])))) as { attempt: string }).attempt;
      await rot(store, made[3], 1);
      store.at(morning(3));
      await scrubAll();
      // A verdict of another attempt, or of before, says nothing.
      await store.verdict(slot(3), randomUUID(), 'proven', '2026-03-04T05:20:00Z');
      expect((await store.round({ dryRun: true })).protections[0]).toMatchObject({ damaged: 1 });
      store.at('2026-03-04T06:00:00Z');
      await store.verdict(slot(3), attempt, outcome, '2026-03-04T06:00:00Z');
      expect((await store.round()).protections[0]).toMatchObject({ damaged, proven });
    });

  it('is released as any that is not proven, and its damage is not forgotten on the way', async () => {
    const made = await store.copies(0, 3);
    await rot(store, made[2], 1);
    const seen: unknown[] = [];
    for (let day = 3; day <= 8; day++) {
      store.at(morning(day));
      await scrubAll();
      const decided = await store.decided(lean(3));
      expect([made[0], made[1], made[3]].map((runId) => decided[runId])).toEqual(['kept', 'kept', 'kept']);
      seen.push(decided[made[2]]);
    }
    expect(seen).toEqual(['announced', 'waiting', 'released', 'gone', 'gone', 'gone']);
    // Whole, it would not be counted: it is on its way out.
    expect((await newestAudit()).protections[0].damaged).toEqual([{ runId: made[2], proven: false }]);
  });

  it('in a part of it that was read, of one whose reading is not at its end, counts already', async () => {
    const runId = await store.copy(slot(0));
    await rot(store, runId, 0);
    store.at(morning(0));
    // What was read is written down within each part; after the second the round ends, cut short.
    let written = 0;
    store.inject(({ operation, resource }) =>
      (operation === 'PutObject' && resource.includes(readingsPrefix(ID)) && written++ >= 2 ? { code: 'AccessDenied', status: 403 } : undefined));
    await expect(scrubRound(store, { periodSeconds: 1, limits: { timeoutSeconds: 300, checkpointSeconds: 0 } })).rejects.toThrow('STORE_REFUSED');
    store.inject();
    expect((await store.round({ dryRun: true })).findings).toMatchObject([{ kind: 'copy-damaged', key: manifestKey(ID, runId) }]);
  });
});

describe('what was found that cannot be read', () => {
  const corrupt = async (day: number): Promise<string> => {
    const key = `${readingsPrefix(ID)}${morning(day).replace(/[-:]/g, '').replace('050000', '060000')}-000000.json`;
    await store.put(key, '{"version":1}');
    return key;
  };
  const found = async (): Promise<string[]> => {
    const made = await store.copies(0, 3);
    await rot(store, made[3], 1);
    store.at(morning(3));
    await scrubAll();
    return made;
  };

  it('is named and counted, what was known before stands, and the round is done', async () => {
    const made = await found();
    const key = await corrupt(3);
    const report = await store.round({ whole: true });
    expect(report.findings).toMatchObject([{ kind: 'scrub-unreadable', key, text: expect.stringContaining('what was known of damaged copies before stands') }, { kind: 'copy-damaged' }]);
    expect(report.protections[0]).toMatchObject({ proven: 3, damaged: 1 });
    expect(store.lines.findLast(({ StoreFindings }) => StoreFindings !== undefined)).toMatchObject({ StoreFindings: 2 });
    expect(reasonsOf(report, made[0])).toContain('daily 3 of 3');
  });

  it('in no record at all leaves what the last audit knew', async () => {
    const made = await found();
    await store.round();
    // Eight days on nobody has left a newer one, and those that are there cannot be read.
    store.at(morning(4));
    const key = await corrupt(3);
    store.inject(({ operation, resource }) => (operation === 'GetObject' && resource.includes(readingsPrefix(ID)) ? { code: 'AccessDenied', status: 403 } : undefined));
    const report = await store.round({ whole: true });
    expect(report.findings.map(({ kind }) => kind)).toEqual(['scrub-unreadable', 'scrub-unreadable', 'copy-damaged']);
    expect(report.findings[0].key).toBe(key);
    expect(reasonsOf(report, made[3])).toContain('the audit of that time says so');
    expect((await newestAudit()).protections[0].damaged).toEqual([{ runId: made[3], proven: true }]);
    store.inject(({ operation, context }) => (operation === 'ListObjectVersions' && String(context['s3:prefix']).startsWith('scrubs') ? { code: 'AccessDenied', status: 403 } : undefined));
    store.at(morning(5));
    expect((await store.round()).protections[0]).toMatchObject({ damaged: 1 });
  });

  it('because the store does not answer is no answer: nothing is retired, and the round is tried again', async () => {
    await found();
    store.inject(({ operation, resource }) => (operation === 'GetObject' && resource.includes(readingsPrefix(ID)) ? { code: 'InternalError', status: 500 } : undefined));
    await expect(store.round()).rejects.toMatchObject({ name: 'TransientError' });
    expect(new Set(Object.values(store.marks('runs/')))).toEqual(new Set([undefined]));
  });

  it('is nothing where nobody reads copies again', async () => {
    await store.copies(0, 3);
    store.at(morning(3));
    expect((await store.round()).findings).toEqual([]);
  });
});

test('a round asks two questions more, however many rounds read the copies before', async () => {
  await store.copies(0, 1);
  const asked: number[] = [];
  for (let day = 2; day < 20; day++) {
    store.at(morning(day));
    await scrubAll();
    forgetCalls(store);
    await store.round();
    asked.push(store.endpoint.calls.filter(({ service, context, resource }) => service === 's3' && `${resource} ${String(context['s3:prefix'])}`.includes('scrubs')).length);
  }
  expect(new Set(asked)).toEqual(new Set([2]));
});

const { seed, name } = seeded();
const START = Date.UTC(2026, 0, 1) / 1000;
const outcome = fc.constantFrom<Copy['outcome']>('proven', 'proven', 'proven', 'proven-except', 'checksums-only', 'not-proven', 'unverified');
const made = fc.record({ day: fc.nat(40), outcome, damaged: fc.boolean() });
const copies = fc.uniqueArray(made, { selector: ({ day }) => day, maxLength: 25 });
const count = fc.integer({ min: 1, max: 5 });
const days = fc.integer({ min: 1, max: 30 });
const rules = fc.record({ last: count, daily: count, weekly: count, monthly: count, days }, { requiredKeys: [] })
  .filter((some) => Object.keys(some).length > 0);

test(name('damage takes nothing from any other copy, and the newest good ones make up the minimum'), () => {
  fc.assert(fc.property(copies, rules, fc.integer({ min: 1, max: 4 }), fc.nat(60), (all, declared, minimumVerified, day) => {
    const judged = (withDamage: boolean): Map<string, boolean> => {
      const surveyed = all.map(({ day: made, outcome: said, damaged }): SurveyedCopy => ({
        runId: String(made).padStart(2, '0'), slot: START + made * DAY, outcome: withDamage && damaged ? 'not-proven' : said, whole: true,
        manifest: { key: String(made), versionId: '1' }, attempt: 'a', finishedAt: START + made * DAY, mark: { kind: 'none' },
        ...withDamage && damaged ? { damage: { text: 'damaged', proven: said === 'proven' } } : {},
      }));
      const era = { since: START, rules: declared, timeZone: 'UTC', minimumVerified, gapSeconds: DAY };
      return new Map(judgeCopies(surveyed, [era], START + (40 + day) * DAY).map(({ copy, keep, reasons }) => {
        expect(reasons.includes('damaged')).toBe(copy.damage !== undefined);
        return [copy.runId, keep];
      }));
    };
    const [before, after] = [judged(false), judged(true)];
    const others = all.filter(({ damaged }) => !damaged);
    for (const { day: made } of others) {
      const runId = String(made).padStart(2, '0');
      if (before.get(runId)) expect(after.get(runId)).toBe(true);
    }
    const good = others.filter(({ outcome: said }) => said === 'proven' || said === 'proven-except').sort((a, b) => b.day - a.day);
    for (const { day: made } of good.slice(0, minimumVerified)) expect(after.get(String(made).padStart(2, '0'))).toBe(true);
  }), { seed, numRuns: 300 });
});
