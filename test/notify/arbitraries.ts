import fc from 'fast-check';
import { ALARM_KIND_NAMES } from '../../lib/contract/alarm-kinds';
import type { AlarmFacts, DigestFacts, FailedFacts, ProtectionFacts, UnknownFacts } from '../../lambda/runtime/notify/facts';
import { composeAlarm, composeFailed, composeSucceeded, composeTest, composeUnknown, type Voice } from '../../lambda/runtime/notify/compose';
import { composeDigest } from '../../lambda/runtime/notify/compose-digest';
import type { Message } from '../../lambda/runtime/notify/message';

/** What somebody may have put into a table's name, an error or an alarm of his own. */
export const HOSTILE = [
  '<!here> @channel <@U123> <!subteam^S1> everybody up', '*bold* _it_ ~no~ `rm -rf` [click](https://evil.example)', '<script>alert(1)</script>&amp;',
  'line\r\n\r\n\r\nline\u0000\u0007\u001b[31mred\u001b[0m', '\u202eevil\u202c \u2066x\u2069 \u200b', '\ud83d\ude00\ud83d', '', ' ', 'é'.repeat(5000), '😀'.repeat(3000),
];

export const hostile = fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: 'binary', maxLength: 400 }), fc.string({ maxLength: 60 }));
const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,62}$/);
const instant = fc.date({ min: new Date('2026-01-01T00:00:00Z'), max: new Date('2036-01-01T00:00:00Z'), noInvalidDate: true }).map((date) => date.toISOString());
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined });
const seconds = fc.double({ min: 0, max: 10 ** 9, noNaN: true });
const percent = fc.double({ min: 0, max: 500, noNaN: true });
const count = fc.nat(10_000);
export const voice: fc.Arbitrary<Voice> = fc.record({ language: fc.constantFrom('en' as const, 'fr' as const), timeZone: fc.constantFrom('UTC', 'Europe/Paris', 'Africa/Abidjan') });
const kind = fc.constantFrom(...ALARM_KIND_NAMES);
const severity = fc.constantFrom('page' as const, 'notify' as const);
const whose = fc.record({ environment: name, application: name });

const defined = <T extends object>(value: T): T => Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as T;

export const protectionFacts: fc.Arbitrary<ProtectionFacts> = fc.record({
  protection: name, rpoSeconds: fc.integer({ min: 60, max: 10 ** 8 }), recoveryPointAge: maybe(seconds), provenCopies: maybe(count),
  overdueSeconds: maybe(seconds), failedRuns: maybe(count), unprovenCopies: maybe(count),
  successRate: maybe(percent), restoreOfRto: maybe(percent), storedBytes: maybe(fc.nat(10 ** 15)), daysToCeiling: maybe(fc.nat(3650)),
  drillAge: maybe(seconds), replicaFailures: maybe(count), unreadable: maybe(count), scheduleDrift: maybe(fc.nat(2)),
  at: maybe(instant), pausedUntil: maybe(instant),
}).map(defined);

const safe = maybe(fc.array(protectionFacts, { maxLength: 12 }));

export const alarmFacts: fc.Arbitrary<AlarmFacts> = fc.record({
  mark: fc.record({ kind, environment: name, application: name, protection: maybe(name) }).map(defined),
  severity, state: fc.constantFrom('ALARM' as const, 'OK' as const, 'INSUFFICIENT_DATA' as const), at: instant,
  value: maybe(fc.double({ min: 0, max: 10 ** 9, noNaN: true })), threshold: maybe(fc.double({ min: 0, max: 10 ** 9, noNaN: true })), safe,
  alarmUrl: fc.constant('https://eu-west-3.console.aws.amazon.com/cloudwatch/home?region=eu-west-3#alarmsV2:alarm/S-Backup%2FAlarm'),
});

export const failedFacts: fc.Arbitrary<FailedFacts> = fc.record({
  notice: fc.record({
    version: fc.constant(1 as const), event: fc.constant('failed' as const), what: fc.constantFrom('run' as const, 'retire' as const, 'extend' as const, 'scrub' as const),
    environment: name, application: name, protection: maybe(name),
    slot: fc.oneof(instant, hostile), sentence: hostile, error: hostile, execution: hostile,
  }).map(defined),
  severity, at: instant, safe, executionsUrl: fc.constant('https://eu-west-3.console.aws.amazon.com/states/home?region=eu-west-3#/statemachines'),
});

export const digestFacts: fc.Arbitrary<DigestFacts> = fc.record({
  whose, at: instant, alarmsUrl: fc.constant('https://eu-west-3.console.aws.amazon.com/cloudwatch/home'),
  policy: maybe(fc.record({ drifts: fc.uniqueArray(kind, { maxLength: 5 }), protections: fc.array(protectionFacts, { maxLength: 40 }) })),
});

const unknownFacts: fc.Arbitrary<UnknownFacts> = fc.record({
  whose, severity, at: instant, key: fc.string({ minLength: 1, maxLength: 400 }), subject: maybe(hostile), text: hostile,
  state: fc.constantFrom('ALARM' as const, 'OK' as const, 'INSUFFICIENT_DATA' as const, 'none' as const), alarmUrl: maybe(fc.constant('https://console.aws.amazon.com/')),
});

/** Every message that the worker can make. */
export const anyMessage: fc.Arbitrary<Message> = fc.oneof(
  fc.tuple(alarmFacts, voice).map(([facts, speaks]) => composeAlarm(facts, speaks)),
  fc.tuple(failedFacts, voice).map(([facts, speaks]) => composeFailed(facts, speaks)),
  fc.tuple(digestFacts, voice).map(([facts, speaks]) => composeDigest(facts, speaks)),
  fc.tuple(unknownFacts, voice).map(([facts, speaks]) => composeUnknown(facts, speaks)),
  fc.tuple(whose, name, instant, hostile, voice).map(([of, protection, slot, summary, speaks]) =>
    composeSucceeded({ version: 1, event: 'succeeded', ...of, protection, slot, summary }, slot, speaks)),
  fc.tuple(whose, instant, hostile, fc.constantFrom('page' as const, 'notify' as const, 'digest' as const), voice).map(([of, at, asker, how, speaks]) =>
    composeTest({ version: 1, event: 'test', ...of, at, asker, severity: how }, speaks)),
);
