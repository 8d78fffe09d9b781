import { manifestKey, runIdOf, scrubRoundKey } from '../../lib/contract/object-keys';
import type { ScrubbedCopies } from '../../lib/contract/scrub-record';
import { BUCKET, ID } from '../retire/support';
import { after, DAY_SECONDS, HOUR, MACHINE, protectionOf, slotOf, WatchedStore } from './support';

let watched: WatchedStore;

beforeEach(async () => {
  watched = await WatchedStore.start();
  watched.at(after(-1, 12));
  await watched.round();
});

afterEach(async () => {
  await watched.stop();
});

const SCRUB_SCHEDULE = 'arn:aws:scheduler:us-east-1:000000000000:schedule/suite/scrub';
const request = () => watched.request({ scrub: { scheduleName: 'scrub', scheduleGroup: 'suite' } });
const gauges = () => watched.gauges(request());

/** What a scrub round of that instant leaves. */
async function scrubbed(at: string, changes: Partial<ScrubbedCopies> = {}): Promise<void> {
  const { environment, application, protection } = ID;
  const damagedRuns = (changes.damaged ?? []).map(({ runId }) => ({ runId, seenAt: at }));
  const protections = [{ protection, copies: 5, damagedCopies: 0, damaged: [], damagedRuns, ...changes }];
  const record = { version: 1, environment, application, at, protections };
  await watched.store.put(scrubRoundKey(ID, at), JSON.stringify(record));
}

test('the age is that of the copy that was read longest ago, and goes on while no round comes', async () => {
  await watched.copies(0, 4);
  watched.at(after(4, 5));
  await scrubbed(after(4, 5), { oldest: { runId: runIdOf(slotOf(0)), countsFrom: after(0, 5) } });
  watched.at(after(4, 6));
  expect(await gauges()).toMatchObject({ lastReadAge: 4 * DAY_SECONDS + HOUR, unreadable: 0 });
  watched.at(after(64, 6));
  expect(await gauges()).toMatchObject({ lastReadAge: 64 * DAY_SECONDS + HOUR });
});

test('nothing is late where nobody is to read, or no copy is there', async () => {
  await watched.copies(0, 4);
  watched.at(after(4, 6));
  expect(await watched.gauges()).toMatchObject({ lastReadAge: 0 });
  await scrubbed(after(4, 5), { copies: 0 });
  expect(await gauges()).toMatchObject({ lastReadAge: 0 });
});

test('before the first round the age counts from the schedule on, and without a schedule from the policy\'s beginning', async () => {
  await watched.copies(0, 4);
  watched.at(after(4, 6));
  expect(await gauges()).toMatchObject({ lastReadAge: 4 * DAY_SECONDS + 18 * HOUR });
  watched.endpoint.schedules.seed({ Arn: SCRUB_SCHEDULE, ScheduleExpression: 'cron(15 7 * * ? *)', Target: { Arn: MACHINE }, CreationDate: Date.parse(after(4, 3)) / 1000 });
  expect(await gauges()).toMatchObject({ lastReadAge: 3 * HOUR });
});

test('a damaged copy counts as no proven one, is named, and is over with the round that does not find it any more', async () => {
  await watched.copies(0, 4);
  watched.at(after(4, 6));
  const damaged = { runId: runIdOf(slotOf(4)), key: 'runs/of/it.json', text: 'Part rows/00001.sql has another SHA-256.' };
  await scrubbed(after(4, 5), { damagedCopies: 1, damaged: [damaged], oldest: { runId: runIdOf(slotOf(0)), countsFrom: after(0, 5) } });
  const { protections: [one] } = await watched.round(request());
  expect(one.gauges).toMatchObject({ unreadable: 1, unprovenCopies: 1 });
  expect(one.newestProven?.runId).toBe(runIdOf(slotOf(3)));
  expect(one.notes).toContainEqual({ metric: 'unreadable', text: `The copy ${damaged.runId} is damaged: ${damaged.text}`, about: damaged.key });
  await scrubbed(after(4, 6), { oldest: { runId: runIdOf(slotOf(0)), countsFrom: after(0, 5) } });
  expect(await gauges()).toMatchObject({ unreadable: 0, unprovenCopies: 0 });
});

describe('proven copies', () => {
  const runOf = (day: number): string => runIdOf(slotOf(day));
  const damagedNow = (day: number) => ({ runId: runIdOf(slotOf(day)), key: `runs/of/${day}.json`, text: 'Part rows/00001.sql has another SHA-256.' });
  const oldest = { runId: runIdOf(slotOf(0)), countsFrom: after(0, 5) };
  const proven = async (with_ = request()): Promise<[number, number]> => {
    const { provenCopies, missingProvenCopies } = await watched.gauges(with_);
    return [provenCopies, missingProvenCopies];
  };

  test('are fewer from the round on that finds one damaged, not fewer still once the audit leaves it out, and as many again once it is whole', async () => {
    await watched.copies(0, 4);
    watched.at(after(4, 3));
    await watched.audit(after(4, 3), { provenCopies: 3, damaged: [] });
    expect(await proven()).toEqual([3, 0]);
    watched.at(after(4, 5));
    await scrubbed(after(4, 5), { damagedCopies: 1, damaged: [damagedNow(3)], oldest });
    expect(await proven()).toEqual([2, 1]);
    watched.at(after(5, -1));
    await watched.audit(after(5, -1), { provenCopies: 2, damaged: [{ runId: damagedNow(3).runId, proven: true }] });
    expect(await proven()).toEqual([2, 1]);
    watched.at(after(5, 1));
    await scrubbed(after(5, 1), { oldest });
    expect(await proven()).toEqual([3, 0]);
  });

  test('are not those that were found damaged before the window, nor fewer for one that is on its way out', async () => {
    await watched.copies(0, 4);
    watched.at(after(40, 3));
    await watched.audit(after(40, 3), { provenCopies: 9, damaged: [{ runId: damagedNow(1).runId, proven: false }], until: after(40, 0) });
    watched.at(after(40, 5));
    await scrubbed(after(40, 5), { damagedCopies: 2, damaged: [damagedNow(0), damagedNow(1)], oldest });
    expect((await proven())[0]).toBe(8);
  });

  test('count one again that a verification read whole since', async () => {
    await watched.copies(0, 3);
    const runId = await watched.copy(slotOf(4));
    watched.at(after(4, 5));
    await scrubbed(after(4, 5), { damagedCopies: 1, damaged: [damagedNow(4)], oldest });
    const [before] = (await watched.round(request())).protections;
    expect(before).toMatchObject({ damagedCopies: 1, newestProven: { runId: runOf(3) } });
    watched.at(after(4, 7));
    const { attempt } = JSON.parse(String(await watched.endpoint.s3.read(BUCKET, manifestKey(ID, runId)))) as { attempt: string };
    await watched.store.verdict(slotOf(4), attempt, 'proven', after(4, 7));
    const [one] = (await watched.round(request())).protections;
    expect(one).toMatchObject({ newestProven: { runId }, gauges: { unreadable: 0 } });
    expect(one.damagedCopies).toBeUndefined();
  });

  test('are those of the audit where nobody reads copies again any more: what it found damaged stays so', async () => {
    await watched.copies(0, 4);
    watched.at(after(4, 5));
    await watched.audit(after(4, 5), { provenCopies: 2, newestProven: runOf(3), damaged: [{ runId: runOf(4), proven: true }] });
    const [one] = (await watched.round()).protections;
    expect(one).toMatchObject({ damagedCopies: 1, gauges: { provenCopies: 2, unreadable: 1 }, newestProven: { runId: runOf(3) } });
    expect(one.notes).toContainEqual(expect.objectContaining({ metric: 'unreadable', about: manifestKey(ID, runIdOf(slotOf(4))) }));
  });

  test('go by whichever looked last: an audit that came after the record knows more', async () => {
    await watched.copies(0, 4);
    watched.at(after(4, 5));
    await scrubbed(after(4, 5), { damagedCopies: 1, damaged: [damagedNow(4)], oldest });
    watched.at(after(4, 6));
    await watched.audit(after(4, 6), { provenCopies: 3, newestProven: runOf(4), damaged: [{ runId: runOf(3), proven: true }] });
    const [one] = (await watched.round(request())).protections;
    expect(one).toMatchObject({ newestProven: { runId: runOf(4) }, gauges: { provenCopies: 3, unreadable: 1 } });
    expect(one.copies.find(({ runId }) => runId === runOf(3))).toMatchObject({ outcome: 'not-proven' });
  });

  test('in a replica are its own: what the store\'s bytes are says nothing of it', async () => {
    await watched.copies(0, 4);
    watched.at(after(4, 6));
    await watched.audit(after(4, 6), { provenCopies: 2, newestProven: runOf(3), damaged: [{ runId: runOf(4), proven: true }] });
    const [one] = (await watched.round(watched.request({ protections: [protectionOf({ runs: undefined })] }))).protections;
    expect(one).toMatchObject({ newestProven: { runId: runOf(4) }, gauges: { provenCopies: 3, unreadable: 0 } });
  });

  test('are looked for further back where all of the window are damaged', async () => {
    await watched.copies(0, 0);
    for (let day = 15; day < 18; day++) await watched.copy(slotOf(day));
    watched.at(after(17, 3));
    const known = [15, 16, 17].map((day) => ({ runId: runOf(day), proven: true }));
    await watched.audit(after(17, 3), { provenCopies: 1, newestProven: runOf(0), until: after(17, 0), damaged: known });
    watched.at(after(17, 5));
    await scrubbed(after(17, 5), { damagedCopies: 3, damaged: [15, 16, 17].map(damagedNow), oldest });
    const [one] = (await watched.round(request())).protections;
    expect(one).toMatchObject({ newestProven: { runId: runIdOf(slotOf(0)) }, gauges: { provenCopies: 1 } });
  });
});

test('a record that cannot be read is said, and the one before it stands', async () => {
  await watched.copies(0, 4);
  watched.at(after(4, 6));
  await scrubbed(after(4, 5), { oldest: { runId: runIdOf(slotOf(0)), countsFrom: after(2, 5) } });
  await watched.store.put(scrubRoundKey(ID, after(4, 6)), '{"version":1}');
  const { notes, protections: [one] } = await watched.round(request());
  expect(one.gauges.lastReadAge).toBe(2 * DAY_SECONDS + HOUR);
  expect(notes).toMatchObject([{ metric: 'lastReadAge', about: scrubRoundKey(ID, after(4, 6)) }]);
});

test('a round asks two times more, however many copies there are and however many rounds were', async () => {
  await watched.copies(0, 4);
  watched.at(after(30, 6));
  const without = (await watched.round()).requests;
  for (let day = 0; day < 30; day++) await scrubbed(after(day, 5), { oldest: { runId: runIdOf(slotOf(0)), countsFrom: after(2, 5) } });
  const asked = (await watched.round(request())).requests;
  expect([asked.list - without.list, asked.read - without.read]).toEqual([1, 1]);
});
