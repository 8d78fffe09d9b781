import fc from 'fast-check';
import { estimateCost } from '../../lib/model/cost';
import type { StoredCopies } from '../../lib/model/cost-copies';
import { ASSUMED_LOG_BYTES, ASSUMED_OBJECTS, BILLED_GB, type CostEstimate, type CostFacts, type CostProtection } from '../../lib/model/cost-facts';
import { STORAGE_CLASSES, type StorageClass } from '../../lib/model/prices';

function perClass(given: Partial<Record<StorageClass, number>> = {}): Record<StorageClass, number> {
  return Object.fromEntries(STORAGE_CLASSES.map((name) => [name, given[name] ?? 0])) as Record<StorageClass, number>;
}

function copies(byClass: Partial<Record<StorageClass, number>>, more: Partial<StoredCopies> = {}): StoredCopies {
  const kept = Object.values(byClass).reduce((sum, count) => sum + count, 0);
  const none = perClass();
  return { runsAMonth: 30, kept, released: 0, byClass: perClass(byClass), goneButPaid: none, moves: none, endless: false, ...more };
}

function protection(more: Partial<CostProtection> = {}): CostProtection {
  return { id: 'database', stored: copies({ STANDARD: 20 }), copyBytes: 10 * BILLED_GB, copyObjects: 18, transitions: 10, runMetrics: 7, ...more };
}

function facts(more: Partial<CostFacts> = {}): CostFacts {
  return { region: 'us-east-1', protections: [protection()], replicas: [], keys: 2, alarms: 0, compositeAlarms: 0, dashboards: 0, gauges: 0, secrets: 0, endpoints: 0, notSeen: [], ...more };
}

function usd(estimate: CostEstimate, what: string): number | undefined {
  return estimate.lines.find((line) => line.what === what)?.usd;
}

describe('known figures', () => {
  test('20 copies of 10 GB in Standard, us-east-1: 200 GB at 0.023', () => {
    const estimate = estimateCost(facts());
    expect(usd(estimate, 'storage, STANDARD')).toBeCloseTo(4.6, 10);
    // 30 runs of 18 objects, 2 documents, and 10 GB in 1,280 pieces with 18 beginnings and ends more: 1,318 writes at 0.005 a thousand.
    expect(usd(estimate, 'requests that write')).toBeCloseTo(30 * 1318 * 0.000005, 10);
    expect(usd(estimate, 'requests that read')).toBeCloseTo(30 * 20 * 0.0000004, 10);
    // Two keys of three versions each.
    expect(usd(estimate, 'keys')).toBeCloseTo(6, 10);
    expect(usd(estimate, 'state transitions')).toBeCloseTo(30 * 10 * 0.000025, 10);
    expect(usd(estimate, 'scheduled starts')).toBeCloseTo(0.00003, 10);
    // 7 metrics in 30 of 730 hours.
    expect(usd(estimate, 'metrics of runs')).toBeCloseTo(7 * 0.3 * 30 / 730, 10);
    expect(usd(estimate, 'logs')).toBeCloseTo(30 * ASSUMED_LOG_BYTES / BILLED_GB * 0.5, 10);
  });

  test('the same in eu-central-1, by the prices of that region', () => {
    expect(usd(estimateCost(facts({ region: 'eu-central-1' })), 'storage, STANDARD')).toBeCloseTo(4.9, 10);
  });

  test('colder classes, moves into them and what goes before its minimum days', () => {
    const stored = copies({ STANDARD: 5, GLACIER: 10 }, { moves: perClass({ GLACIER: 30 }), goneButPaid: perClass({ GLACIER: 2 }) });
    const estimate = estimateCost(facts({ protections: [protection({ stored })] }));
    expect(usd(estimate, 'storage, STANDARD')).toBeCloseTo(50 * 0.023, 10);
    expect(usd(estimate, 'storage, GLACIER')).toBeCloseTo(100 * 0.0036, 10);
    expect(usd(estimate, 'gone before the minimum days, GLACIER')).toBeCloseTo(20 * 0.0036, 10);
    expect(usd(estimate, 'moves to GLACIER')).toBeCloseTo(30 * 18 * 0.00003, 10);
  });

  test('a worker on Lambda: 3,008 MiB for 100 s, x86, /tmp of 10 GiB', () => {
    const verify = { seconds: 100, size: { platform: 'lambda', memoryMebibytes: 3008, ephemeralMebibytes: 10_240, architecture: 'x86_64' } } as const;
    const estimate = estimateCost(facts({ protections: [protection({ verify })] }));
    expect(usd(estimate, 'Lambda, verify')).toBeCloseTo(30 * 100 * 2.9375 * 0.0000166667, 10);
    expect(usd(estimate, 'Lambda /tmp, verify')).toBeCloseTo(30 * 100 * 9.5 * 0.0000000309, 10);
    expect(usd(estimate, 'Lambda requests, verify')).toBeCloseTo(30 * 0.0000002, 10);
  });

  test('a worker on Fargate: 2 vCPU, 8 GB, 100 GB of disk for an hour; a second is paid as a minute', () => {
    const size = { platform: 'fargate', cpuUnits: 2048, memoryMebibytes: 8192, ephemeralGibibytes: 100, architecture: 'x86_64' } as const;
    const hour = estimateCost(facts({ protections: [protection({ dump: { seconds: 3600, size } })] }));
    expect(usd(hour, 'Fargate CPU, dump')).toBeCloseTo(30 * 2 * 0.04048, 10);
    expect(usd(hour, 'Fargate memory, dump')).toBeCloseTo(30 * 8 * 0.004445, 10);
    expect(usd(hour, 'Fargate disk, dump')).toBeCloseTo(30 * 80 * 0.000111, 10);
    const second = estimateCost(facts({ protections: [protection({ dump: { seconds: 1, size } })] }));
    expect(usd(second, 'Fargate CPU, dump')).toBeCloseTo(30 * 2 * 0.04048 / 60, 10);
  });

  test('a replica: the way there, time control, storage, a key and four metrics in the other region', () => {
    const estimate = estimateCost(facts({ region: 'eu-west-1', replicas: [{ region: 'eu-central-1', timeControl: true, keys: 1 }] }));
    expect(usd(estimate, 'transfer, eu-central-1')).toBeCloseTo(300 * 0.02, 10);
    expect(usd(estimate, 'replication time control, eu-central-1')).toBeCloseTo(300 * 0.015, 10);
    expect(usd(estimate, 'storage, STANDARD, eu-central-1')).toBeCloseTo(200 * 0.0245, 10);
    expect(usd(estimate, 'keys, eu-central-1')).toBeCloseTo(3, 10);
    expect(usd(estimate, 'replication metrics, eu-central-1')).toBeCloseTo(1.2, 10);
  });

  test('scrub: a round a day over 20 copies, and every object once in the period', () => {
    const size = { platform: 'lambda', memoryMebibytes: 1024, ephemeralMebibytes: 512, architecture: 'arm64' } as const;
    const declared = { size, roundsAMonth: 365 / 12, transitions: 8, metrics: 2, periodDays: 73 };
    const estimate = estimateCost(facts({ scrub: declared }));
    const stored = facts({}).protections.reduce((sum, { stored: { kept, released } }) => sum + kept + released, 0);
    const turns = 365 / 12 / 73;
    expect(usd(estimate, 'requests that read stored objects again, scrub')).toBeCloseTo(turns * stored * 20 * 0.0000004, 10);
    expect(usd(estimate, 'Lambda that reads, scrub')).toBeCloseTo(turns * stored * 10 * BILLED_GB / 40e6 * 0.0000133334, 6);
    const twice = estimateCost(facts({ scrub: { ...declared, periodDays: 36.5 } }));
    expect(usd(twice, 'Lambda that reads, scrub')).toBeCloseTo(2 * usd(estimate, 'Lambda that reads, scrub')!, 10);
    expect(estimateCost(facts({})).lines.map(({ what }) => what).join()).not.toContain('scrub');
  });

  test('lock extension: a round a day over 20 copies, and every 10 days each of their 20 objects', () => {
    const size = { platform: 'lambda', memoryMebibytes: 512, ephemeralMebibytes: 512, architecture: 'arm64' } as const;
    const rounds = { size, roundsAMonth: 365 / 12, transitions: 8, metrics: 2 };
    const estimate = estimateCost(facts({ extension: { ...rounds, daysBetween: 10 } }));
    const days = 365 / 12;
    const kept = facts({}).protections.reduce((sum, { stored }) => sum + stored.kept, 0);
    expect(usd(estimate, 'requests that lengthen a lock, lock extension')).toBeCloseTo(days / 10 * kept * 20 * 0.000005, 6);
    expect(usd(estimate, 'requests that read, lock extension')).toBeCloseTo(days * 4 * 20 * 0.0000004, 10);
    expect(usd(estimate, 'Lambda, lock extension')).toBeCloseTo(days * 60 * 0.5 * 0.0000133334, 10);
    expect(estimate.assumptions.join()).toContain('lengthens the lock of a kept copy every 10 days');
    // No oftener than there are rounds.
    const often = estimateCost(facts({ extension: { ...rounds, daysBetween: 0.1 } }));
    expect(usd(often, 'requests that lengthen a lock, lock extension')).toBeCloseTo(days * kept * 20 * 0.000005, 6);
    expect(estimateCost(facts({})).lines.map(({ what }) => what).join()).not.toContain('lock extension');
  });

  test('retirement: a round a day over 20 copies, 512 MiB on ARM for a minute, four metrics', () => {
    const size = { platform: 'lambda', memoryMebibytes: 512, ephemeralMebibytes: 512, architecture: 'arm64' } as const;
    const estimate = estimateCost(facts({ retirement: { size, roundsAMonth: 30, transitions: 8, metrics: 4 } }));
    expect(usd(estimate, 'Lambda, retirement')).toBeCloseTo(30 * 60 * 0.5 * 0.0000133334, 10);
    expect(usd(estimate, 'requests that read, retirement')).toBeCloseTo(30 * 3 * 20 * 0.0000004, 10);
    expect(usd(estimate, 'state transitions, retirement')).toBeCloseTo(30 * 8 * 0.000025, 10);
    expect(usd(estimate, 'metrics, retirement')).toBeCloseTo(4 * 0.3 * 30 / 730, 10);
    expect(estimate.assumptions.join()).toContain('a round of retirement takes 60 seconds');
  });

  test('the sentinel: 2,880 rounds of an assumed time over one protection, on ARM with 512 MiB', () => {
    const size = { platform: 'lambda', memoryMebibytes: 512, ephemeralMebibytes: 512, architecture: 'arm64' } as const;
    const estimate = estimateCost(facts({ sentinel: { size, roundsAMonth: 2880 } }));
    expect(usd(estimate, 'Lambda, sentinel')).toBeCloseTo(2880 * 3 * 0.5 * 0.0000133334, 10);
    expect(usd(estimate, 'requests that list, sentinel')).toBeCloseTo(2880 * 4 * 0.000005, 10);
    expect(usd(estimate, 'requests that read, sentinel')).toBeCloseTo(2880 * 12 * 0.0000004, 10);
    expect(usd(estimate, 'scheduled starts, sentinel')).toBeCloseTo(0.00288, 10);
    expect(estimate.assumptions.join()).toContain('a round of the sentinel takes 3 seconds and asks the store 16 times for each protection');
  });

  test('alarms, dashboards, gauges, secrets and interface endpoints', () => {
    const estimate = estimateCost(facts({ alarms: 12, compositeAlarms: 3, dashboards: 1, gauges: 10, secrets: 2, endpoints: 14 }));
    expect(usd(estimate, 'alarms')).toBeCloseTo(1.2, 10);
    expect(usd(estimate, 'dashboards')).toBeCloseTo(3, 10);
    expect(usd(estimate, 'composite alarms')).toBeCloseTo(1.5, 10);
    expect(usd(estimate, 'gauges')).toBeCloseTo(3, 10);
    expect(usd(estimate, 'secrets')).toBeCloseTo(0.8, 10);
    expect(usd(estimate, 'interface endpoints')).toBeCloseTo(102.2, 10);
  });
});

describe('what is not known is not guessed', () => {
  test('a copy\'s size: a rate for each GB, and not in the total', () => {
    const unknown = estimateCost(facts({ protections: [protection({ copyBytes: undefined, copyObjects: undefined })] }));
    const known = estimateCost(facts({ protections: [protection({ copyBytes: BILLED_GB, copyObjects: ASSUMED_OBJECTS })] }));
    expect(unknown.rates.map(({ each }) => each)).toEqual(['GB of a copy']);
    expect(unknown.totalUsd + unknown.rates[0].usd).toBeCloseTo(known.totalUsd, 10);
    expect(unknown.assumptions.join()).toMatch(/size of a copy of database is not known[\s\S]*has 20 objects/);
    expect(unknown.lines.some(({ what }) => what.startsWith('storage'))).toBe(false);
  });

  test('a worker\'s time: a rate for each minute', () => {
    const size = { platform: 'lambda', memoryMebibytes: 1024, ephemeralMebibytes: 512, architecture: 'arm64' } as const;
    const estimate = estimateCost(facts({ protections: [protection({ dump: { size }, verify: { size, seconds: 5 } })] }));
    expect(estimate.rates.map(({ each }) => each)).toEqual(['minute of a dump']);
    expect(estimate.rates[0].usd).toBeCloseTo(30 * 60 * 0.0000133334, 10);
    expect(estimate.assumptions.join()).toContain('the time of a run of database is not known');
  });

  test('the region, the prices of another one, and workers without a size are said', () => {
    expect(estimateCost(facts({ region: undefined })).assumptions.join()).toContain('the region is not known before deployment: prices are those of us-east-1');
    const paris = estimateCost(facts({ region: 'eu-west-3' }));
    expect(paris.assumptions.join()).toMatch(/takes that of us-east-1: .*state transitions/);
    expect(paris.lines.filter(({ standIn }) => standIn).every(({ region }) => region === 'us-east-1')).toBe(true);
    expect(estimateCost(facts()).assumptions.join()).not.toContain('us-east-1');
    expect(estimateCost(facts()).notCounted.join()).toContain('the workers of database');
  });
});

const counts = fc.integer({ min: 0, max: 50 });
const storedCopies = fc.record({
  runsAMonth: fc.double({ min: 0, max: 9000, noNaN: true }), kept: fc.constant(0), released: fc.constant(0), endless: fc.boolean(),
  byClass: fc.record(Object.fromEntries(STORAGE_CLASSES.map((name) => [name, fc.double({ min: 0, max: 1e4, noNaN: true })])) as never),
  goneButPaid: fc.record(Object.fromEntries(STORAGE_CLASSES.map((name) => [name, fc.double({ min: 0, max: 1e3, noNaN: true })])) as never),
  moves: fc.record(Object.fromEntries(STORAGE_CLASSES.map((name) => [name, fc.double({ min: 0, max: 1e3, noNaN: true })])) as never),
}) as fc.Arbitrary<StoredCopies>;
const size = fc.oneof(
  fc.record({ platform: fc.constant('lambda' as const), memoryMebibytes: fc.integer({ min: 128, max: 10_240 }), ephemeralMebibytes: fc.integer({ min: 512, max: 10_240 }), architecture: fc.constantFrom('x86_64' as const, 'arm64' as const) }),
  fc.record({ platform: fc.constant('fargate' as const), cpuUnits: fc.constantFrom(256, 2048, 16_384), memoryMebibytes: fc.integer({ min: 512, max: 122_880 }), ephemeralGibibytes: fc.integer({ min: 20, max: 200 }), architecture: fc.constantFrom('x86_64' as const, 'arm64' as const) }),
);
const seconds = fc.option(fc.double({ min: 0, max: 86_400, noNaN: true }), { nil: undefined });
const worker = fc.option(fc.record({ size, seconds }), { nil: undefined });
const region = fc.constantFrom(undefined, 'us-east-1', 'eu-west-1', 'eu-west-3', 'eu-central-1', 'ap-south-2');
const anyFacts: fc.Arbitrary<CostFacts> = fc.record({
  region, keys: counts, alarms: counts, compositeAlarms: counts, dashboards: counts,
  sentinel: fc.option(fc.record({ size: fc.option(size, { nil: undefined }), roundsAMonth: counts }), { nil: undefined }),
  gauges: counts, secrets: counts, endpoints: counts, notSeen: fc.constant([]),
  retirement: fc.option(
    fc.record({ size: fc.option(size, { nil: undefined }), roundsAMonth: counts, transitions: counts, metrics: counts }),
    { nil: undefined },
  ),
  extension: fc.option(
    fc.record({
      size: fc.option(size, { nil: undefined }), roundsAMonth: counts, transitions: counts, metrics: counts,
      daysBetween: fc.double({ min: 0, max: 365, noNaN: true }),
    }), { nil: undefined },
  ),
  replicas: fc.array(fc.record({ region, timeControl: fc.boolean(), keys: counts }), { maxLength: 2 }),
  protections: fc.array(fc.record({
    id: fc.constantFrom('database', 'files'), stored: storedCopies, copyBytes: fc.option(fc.double({ min: 0, max: 1e15, noNaN: true }), { nil: undefined }),
    copyObjects: fc.option(fc.integer({ min: 0, max: 100_000 }), { nil: undefined }),
    dump: worker, verify: worker, transitions: counts, runMetrics: counts,
  }), { maxLength: 2 }),
});

describe('properties', () => {
  test('the total is the sum of the lines, each is quantity times price, above zero, with a source, and nothing is NaN', () => {
    fc.assert(fc.property(anyFacts, (given) => {
      const estimate = estimateCost(given);
      const all = [...estimate.lines, ...estimate.rates.flatMap(({ lines }) => lines)];
      for (const line of all) {
        expect(line.usd).toBe(line.quantity * line.unitPrice);
        expect(line.quantity).toBeGreaterThan(0);
        expect(Number.isFinite(line.usd)).toBe(true);
        expect(line.source).toContain('https://aws.amazon.com/');
      }
      expect(estimate.totalUsd).toBeCloseTo(estimate.lines.reduce((sum, line) => sum + line.usd, 0), 6);
      for (const rate of estimate.rates) expect(rate.usd).toBeGreaterThanOrEqual(0);
      expect(JSON.stringify(estimate)).not.toMatch(/null|NaN/);
    }));
  });

  test('more of anything never costs less', () => {
    const more: [string, (given: CostFacts) => CostFacts][] = [
      ...(['keys', 'alarms', 'dashboards', 'gauges', 'secrets', 'endpoints'] as const)
        .map((name): [string, (given: CostFacts) => CostFacts] => [name, (given) => ({ ...given, [name]: given[name] + 1 })]),
      ['replicas', (given) => ({ ...given, replicas: [...given.replicas, { region: 'eu-west-1', timeControl: true, keys: 1 }] })],
      ['bytes', (given) => ({ ...given, protections: given.protections.map((one) => ({ ...one, copyBytes: one.copyBytes === undefined ? undefined : one.copyBytes * 2 + 1 })) })],
      ['objects', (given) => ({ ...given, protections: given.protections.map((one) => ({ ...one, copyObjects: (one.copyObjects ?? ASSUMED_OBJECTS) + 1 })) })],
      ['copies', (given) => ({ ...given, protections: given.protections.map((one) => ({ ...one, stored: { ...one.stored, byClass: { ...one.stored.byClass, STANDARD: one.stored.byClass.STANDARD + 1 } } })) })],
      ['runs', (given) => ({ ...given, protections: given.protections.map((one) => ({ ...one, stored: { ...one.stored, runsAMonth: one.stored.runsAMonth * 2 } })) })],
      ['seconds', (given) => ({ ...given, protections: given.protections.map((one) => ({ ...one, dump: one.dump && { ...one.dump, seconds: one.dump.seconds === undefined ? undefined : one.dump.seconds * 2 } })) })],
    ];
    const cost = (estimate: CostEstimate): number => estimate.totalUsd + estimate.rates.reduce((sum, rate) => sum + rate.usd, 0);
    fc.assert(fc.property(anyFacts, fc.constantFrom(...more), (given, [, change]) => {
      const before = cost(estimateCost(given));
      // Objects move the pieces' beginnings between what is known and what is given for each GB; a millionth is rounding.
      expect(cost(estimateCost(change(given)))).toBeGreaterThanOrEqual(before * (1 - 1e-9) - 1e-9);
    }), { numRuns: 300 });
  });

  test('a copy of no bytes has no storage, and still its requests', () => {
    const estimate = estimateCost(facts({ protections: [protection({ copyBytes: 0 })], replicas: [{ timeControl: true, keys: 1 }] }));
    expect(estimate.lines.filter(({ what }) => /storage|transfer|time control/.test(what))).toEqual([]);
    expect(usd(estimate, 'requests that write')).toBeGreaterThan(0);
    expect(estimate.rates).toEqual([]);
  });

  test('a policy that protects nothing costs its keys', () => {
    expect(estimateCost(facts({ protections: [] })).totalUsd).toBeCloseTo(6, 10);
  });
});
