import fc from 'fast-check';
import { ALARM_KIND_NAMES, sectionOf } from '../../lib/contract/alarm-kinds';
import { composeAlarm, composeFailed, WORDS } from '../../lambda/runtime/notify/compose';
import { composeDigest } from '../../lambda/runtime/notify/compose-digest';
import { plainText } from '../../lambda/runtime/notify/message';
import { clean, fitted, oneLine } from '../../lambda/runtime/notify/text';
import { alarmFacts, anyMessage, digestFacts, hostile, voice } from './arbitraries';

const LANGUAGES = ['en', 'fr'] as const;

describe('any message in any language', () => {
  test('says something in every part, and nothing that a program says', () => {
    fc.assert(fc.property(anyMessage, (message) => {
      const { title, short, sections, links } = message;
      const texts = [title, short, ...sections.flatMap(({ label, text }) => [label, text]), ...links.map(({ label }) => label)];
      for (const text of texts) expect(text.trim()).not.toBe('');
      expect(message.sections.length).toBeGreaterThan(0);
      expect(message.key.length).toBeGreaterThan(0);
      expect(message.key.length).toBeLessThanOrEqual(255);
    }));
  });

  test('an alarm, whatever is known of it, has no word of a program in it', () => {
    fc.assert(fc.property(alarmFacts, voice, (facts, speaks) => {
      expect(plainText(composeAlarm(facts, speaks))).not.toMatch(/undefined|NaN|null|\[object|Infinity|\$\{/);
    }));
    fc.assert(fc.property(digestFacts, voice, (facts, speaks) => {
      expect(plainText(composeDigest(facts, speaks))).not.toMatch(/undefined|NaN|null|\[object|Infinity|\$\{/);
    }));
  });

  test('is an SMS of one part: ASCII, 140 characters', () => {
    fc.assert(fc.property(anyMessage, ({ short }) => {
      expect(short).toMatch(/^[\x20-\x7e]{10,140}$/);
    }));
  });

  test('has no character that is not seen, or that turns the direction of writing', () => {
    fc.assert(fc.property(anyMessage, (message) => {
      expect(plainText(message)).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/);
      expect(message.title).not.toContain('\n');
    }));
  });

  test('a problem and its recovery have one key, and two problems have two', () => {
    fc.assert(fc.property(alarmFacts, alarmFacts, voice, (one, other, speaks) => {
      const key = (facts: typeof one): string => composeAlarm(facts, speaks).key;
      expect(composeAlarm({ ...one, state: 'OK' }, speaks)).toMatchObject({ key: key(one), state: 'recovered' });
      const same = JSON.stringify(one.mark) === JSON.stringify(other.mark);
      expect(key(one) === key(other)).toBe(same || sameMark(one.mark, other.mark));
    }));
  });
});

const sorted = (mark: object): string => JSON.stringify(Object.entries(mark).sort());
const sameMark = (one: object, other: object): boolean => sorted(one) === sorted(other);

describe.each(LANGUAGES)('in %s', (language) => {
  const speaks = { language, timeZone: 'Europe/Paris' };

  test.each(ALARM_KIND_NAMES)('%s has words of its own, what to do, and its section of the runbook', (kind) => {
    const words = WORDS[language].kinds[kind];
    for (const text of [words.mend, words.recovered, words.happened({}), words.happened({ value: '3 h', limit: '2 h', count: 3 })]) expect(text).toMatch(/^\S.*[.]$/s);
    expect(words.title).toMatch(/^[^A-Z]/);
    const others = ALARM_KIND_NAMES.filter((other) => other !== kind).map((other) => WORDS[language].kinds[other].title);
    expect(others).not.toContain(words.title);
    const message = composeAlarm({
      mark: { kind, environment: 'production', application: 'montoit', protection: 'database' }, severity: 'page', state: 'ALARM',
      at: '2026-11-20T02:00:00Z', alarmUrl: 'https://console.aws.amazon.com/', safe: [{ protection: 'database', rpoSeconds: 60, provenCopies: 0 }],
    }, speaks);
    expect(message.links.map(({ url }) => url)).toContainEqual(expect.stringMatching(new RegExp(`alarms\\.${language}\\.md#${sectionOf(kind)}$`)));
    expect(message.sections).toHaveLength(4);
  });

  test('the newest proven copy is named with its age, and with its time in the policy\'s zone', () => {
    const text = plainText(composeAlarm({
      mark: { kind: 'backupOverdue', environment: 'production', application: 'montoit', protection: 'database' }, severity: 'page', state: 'ALARM',
      at: '2026-11-20T09:00:00Z', alarmUrl: 'https://console.aws.amazon.com/', value: 7200,
      safe: [{ protection: 'database', rpoSeconds: 93_600, recoveryPointAge: 3 * 3600, provenCopies: 12, at: '2026-11-20T09:00:00Z' }],
    }, speaks));
    expect(text).toContain(language === 'fr' ? '20 novembre 2026 à 07:00 (Europe/Paris), il y a 3 heures' : '20 November 2026, 07:00 (Europe/Paris), 3 hours ago');
    expect(text).toContain(language === 'fr' ? '12 copies prouvées' : '12 proven copies');
  });

  test('a pause is said with its end', () => {
    const text = plainText(composeAlarm({
      mark: { kind: 'backupOverdue', environment: 'production', application: 'montoit', protection: 'database' }, severity: 'page', state: 'OK',
      at: '2026-11-20T09:00:00Z', alarmUrl: 'https://console.aws.amazon.com/',
      safe: [{ protection: 'database', rpoSeconds: 93_600, pausedUntil: '2026-11-21T09:00:00Z' }],
    }, speaks));
    expect(text).toContain(language === 'fr' ? 'en pause jusqu\'au 21 novembre 2026 à 10:00' : 'is paused until 21 November 2026, 10:00');
  });

  test('a failed run is told in the worker\'s own sentence, with the section of its code', () => {
    const message = composeFailed({
      notice: {
        version: 1, event: 'failed', what: 'run', environment: 'production', application: 'montoit', protection: 'database', slot: '2026-11-20T02:00:00Z',
        sentence: '[WRONG_PASSWORD] The password is wrong. Mend the secret.', error: 'RefusedError', execution: 'run-1',
      }, severity: 'page', at: '2026-11-20T02:01:00Z', executionsUrl: 'https://console.aws.amazon.com/',
    }, speaks);
    expect(plainText(message)).toContain('[WRONG_PASSWORD] The password is wrong. Mend the secret.');
    expect(message.links.at(-1)?.url).toMatch(/runbook\.md#wrong_password$/);
  });

  test('the digest says that all is well only when it is', () => {
    const good = { protection: 'database', rpoSeconds: 93_600, recoveryPointAge: 3600, provenCopies: 7, overdueSeconds: 0, failedRuns: 0, at: '2026-11-20T02:00:00Z' };
    const digest = (facts: object, drifts: 'keyUnusable'[] = []) => composeDigest({
      whose: { environment: 'production', application: 'montoit' }, at: '2026-11-20T02:00:00Z', alarmsUrl: 'https://console.aws.amazon.com/',
      policy: { drifts, protections: [{ ...good, ...facts }] },
    }, speaks).title;
    const { well, notWell } = WORDS[language].digest;
    expect(digest({})).toContain(well);
    const bad = [
      { recoveryPointAge: 100_000 }, { overdueSeconds: 1 }, { failedRuns: 1 }, { provenCopies: 0 },
      { unprovenCopies: 1 }, { unreadable: 2 },
      { replicaFailures: 1 }, { scheduleDrift: 1 }, { at: undefined },
      { pausedUntil: '2026-11-22T00:00:00Z' },
    ];
    for (const facts of bad) expect(digest(facts)).toContain(notWell);
    expect(digest({}, ['keyUnusable'])).toContain(notWell);
    expect(composeDigest({ whose: { environment: 'production', application: 'montoit' }, at: '2026-11-20T02:00:00Z', alarmsUrl: 'https://x.example/' }, speaks).title).toContain(notWell);
  });
});

describe('a text of somebody else\'s', () => {
  test('is cut between characters, never through one', () => {
    fc.assert(fc.property(hostile, fc.integer({ min: 5, max: 100 }), (text, limit) => {
      for (const made of [clean(text, limit), oneLine(text, limit)]) {
        expect(made.length).toBeLessThanOrEqual(limit);
        expect(Buffer.from(made, 'utf8').toString('utf8')).toBe(made);
      }
    }));
  });

  test('is shortened until the whole has room', () => {
    const built = fitted((characters) => ['x'.repeat(5000).slice(0, characters)], 1000, 4000);
    expect(JSON.stringify(built).length).toBeLessThanOrEqual(1000);
    expect(built[0].length).toBeGreaterThan(400);
  });
});
