import fc from 'fast-check';
import { remainingPaths, runGraph, type Step } from '../../../../lambda/runtime/step-graph';

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

function step(id: string, cost: number, after: string[] = [], more: Partial<Step<number>> = {}): Step<number> {
  return { id, cost, after, run: () => Promise.resolve(), ...more };
}

test('a path is a step and the costliest chain behind it', () => {
  const paths = remainingPaths([step('load', 5), step('index', 3, ['load']), step('key', 1, ['load']), step('foreign', 4, ['key'])]);
  expect(Object.fromEntries(paths)).toEqual({ load: 10, index: 3, key: 5, foreign: 4 });
});

test('a circle and an unknown step are refused by name', async () => {
  await expect(runGraph([step('a', 1, ['b']), step('b', 1, ['a'])], [1])).rejects.toThrow('circle: a, b');
  await expect(runGraph([step('a', 1, ['nothing'])], [1])).rejects.toThrow('waits for nothing');
});

test('every step runs once, after what it waits for, never beside one that excludes its table', async () => {
  const steps = fc.array(fc.record({ cost: fc.nat(9), after: fc.array(fc.nat(30)), shares: fc.subarray(['a', 'b', 'c']), excludes: fc.subarray(['a', 'b', 'c']), turns: fc.nat(3) }), { maxLength: 30 });
  await fc.assert(fc.asyncProperty(steps, fc.integer({ min: 1, max: 4 }), async (drawn, sessions) => {
    const ended = new Set<string>();
    const running: Step<number>[] = [];
    const busy = new Set<number>();
    const made: Step<number>[] = drawn.map(({ cost, after, shares, excludes, turns }, index) => ({
      id: `s${index}`, cost, after: after.filter((before) => before < index).map((before) => `s${before}`), shares: shares.filter((table) => !excludes.includes(table)), excludes,
      async run(session) {
        expect(this.after.every((before) => ended.has(before))).toBe(true);
        expect(busy.has(session)).toBe(false);
        for (const other of running) {
          expect(excludes.filter((table) => other.excludes?.includes(table) || other.shares?.includes(table))).toEqual([]);
          expect(shares.filter((table) => other.excludes?.includes(table))).toEqual([]);
        }
        busy.add(session);
        running.push(this);
        for (let turn = 0; turn < turns; turn++) await Promise.resolve();
        running.splice(running.indexOf(this), 1);
        busy.delete(session);
        expect(ended.has(this.id)).toBe(false);
        ended.add(this.id);
      },
    }));
    await runGraph(made, Array.from({ length: sessions }, (_, index) => index));
    expect(ended.size).toBe(made.length);
  }), { numRuns: 200 });
});

test('the longest remaining path goes first', async () => {
  const order: string[] = [];
  const noted = (id: string, cost: number, after: string[] = []): Step<number> =>
    step(id, cost, after, { run: () => Promise.resolve(void order.push(id)) });
  await runGraph([noted('big', 5), noted('small with a long tail', 1), noted('tail', 9, ['small with a long tail'])], [1]);
  expect(order).toEqual(['small with a long tail', 'tail', 'big']);
});

test('a failure ends it: what runs is waited for, nothing is begun', async () => {
  const seen: string[] = [];
  let cut = false;
  const run = runGraph([
    step('fails', 9, [], { run: () => Promise.reject(new Error('no')) }),
    step('slow', 8, [], { run: async () => { await sleep(20); seen.push('slow'); } }),
    step('never', 1, [], { run: () => Promise.resolve(void seen.push('never')) }),
  ], [1, 2], () => { cut = true; });
  await expect(run).rejects.toThrow('no');
  expect(seen).toEqual(['slow']);
  expect(cut).toBe(true);
});

test('ten thousand steps are dealt without looking through all that wait', async () => {
  let looks = 0;
  const steps = Array.from({ length: 10_000 }, (_, index) => Object.defineProperty(step(`s${index}`, index % 100, index % 2 ? [`s${index - 1}`] : []), 'excludes', {
    get: () => {
      looks++;
      return [`t${index >> 1}`];
    },
  }));
  await runGraph(steps, [1, 2]);
  // When it is taken, and when it has ended.
  expect(looks).toBe(2 * steps.length);
});
