import { ALARM_KINDS } from '../../../lib/contract/alarm-kinds';
import { METRICS } from '../../../lib/contract/metrics';
import type { NotifiedSeverity, SucceededNotice, TestNotice } from '../../../lib/contract/notification';
import type { MessageLanguage } from '../../../lib/contract/notify-config';
import { alarmSection, errorSection } from '../../../lib/contract/runbook';
import type { AlarmFacts, FailedFacts, ProtectionFacts, UnknownFacts } from './facts';
import type { Link, Message } from './message';
import { EN } from './messages/en';
import { FR } from './messages/fr';
import type { Words } from './messages/words';
import { brieflyAscii, clean, cut, oneLine } from './text';

/** How a message is written: in which language, and in which zone its times are. */
export interface Voice {
  readonly language: MessageLanguage;
  readonly timeZone: string;
}

export const WORDS: Readonly<Record<MessageLanguage, Words>> = { en: EN, fr: FR };

/** One part of an SMS as GSM counts it, with room for the sender's name that SNS puts before it. */
const SMS_CHARACTERS = 140;
const SAFE_PROTECTIONS = 8;

export function composeAlarm(facts: AlarmFacts, voice: Voice): Message {
  const { mark, state, at, severity } = facts;
  const { kind } = mark;
  const words = WORDS[voice.language];
  const said = words.kinds[kind];
  const when = words.instant(at, voice.timeZone);
  const figures = { value: figure(facts.value, kind, words), limit: figure(facts.threshold, kind, words), count: facts.value };
  const paused = ALARM_KINDS[kind].paused ? (facts.safe ?? []).filter(({ pausedUntil }) => pausedUntil !== undefined) : [];
  const happened = state === 'ALARM' ? said.happened(figures) : state === 'OK' ? said.recovered : words.noLongerKnown;
  const pauses = paused.map(({ protection, pausedUntil }) => words.pausedUntil(words.instant(pausedUntil!, voice.timeZone), protection));
  return message({
    voice, severity, kind, at, whose: mark, key: ['cdk-backup-policy', kind, mark.environment, mark.application, mark.protection ?? '-'].join('/'),
    state: state === 'OK' ? 'recovered' : 'problem', title: said.title,
    brief: happened,
    sections: [
      [words.labels.happened, [happened, ...pauses].join('\n')],
      [words.labels.since, state === 'OK' ? words.overSince(when) : words.since(when)],
      [words.labels.safe, safety(facts.safe, words, voice, mark.protection === undefined)],
      ...state === 'OK' ? [] : [[words.labels.mend, said.mend] as const],
    ],
    links: [
      { label: words.links.alarm, url: facts.alarmUrl },
      { label: words.links.runbook, url: alarmSection(kind, voice.language) },
    ],
  });
}

export function composeFailed({ notice, severity, at, safe, executionsUrl }: FailedFacts, voice: Voice): Message {
  const words = WORDS[voice.language];
  const said = words.failed[notice.what];
  const { environment, application, protection } = notice;
  const happened = said.happened(words.instant(oneLine(notice.slot, 40), voice.timeZone));
  const sentence = clean(notice.sentence);
  return message({
    voice, severity, at, kind: `failed-${notice.what}`, state: 'problem', whose: { environment, application, ...protection === undefined ? {} : { protection } },
    key: ['cdk-backup-policy', `failed-${notice.what}`, environment, application, protection ?? '-', oneLine(notice.slot, 40)].join('/'),
    title: said.title, brief: sentence,
    sections: [
      [words.labels.happened, [happened, words.said(sentence), words.execution(oneLine(notice.execution, 100), oneLine(notice.error, 100))].join('\n')],
      [words.labels.safe, safety(safe, words, voice, protection === undefined)],
      [words.labels.mend, said.mend],
    ],
    links: [{ label: words.links.executions, url: executionsUrl }, { label: words.links.runbook, url: errorSection(notice.sentence) }],
  });
}

export function composeSucceeded(notice: SucceededNotice, at: string, voice: Voice): Message {
  const words = WORDS[voice.language];
  const { environment, application, protection } = notice;
  const said = words.succeeded({ ...notice, summary: clean(notice.summary) }, words.instant(notice.slot, voice.timeZone));
  return message({
    voice, severity: 'digest', kind: 'succeeded', state: 'news', at, whose: { environment, application, protection }, title: said.title, brief: said.text,
    key: ['cdk-backup-policy', 'succeeded', environment, application, protection, oneLine(notice.slot, 40)].join('/'),
    sections: [[words.labels.happened, said.text]], links: [],
  });
}

export function composeTest(notice: TestNotice, voice: Voice): Message {
  const words = WORDS[voice.language];
  const { environment, application } = notice;
  const said = words.test({ ...notice, asker: oneLine(notice.asker, 100) }, words.instant(notice.at, voice.timeZone));
  return message({
    voice, severity: notice.severity, kind: 'test', state: 'news', at: notice.at, whose: { environment, application }, title: said.title, brief: said.text,
    key: ['cdk-backup-policy', 'test', environment, application, notice.at].join('/'), prefix: words.prefix.test,
    sections: [[words.labels.happened, said.text], [words.labels.mend, said.mend]], links: [],
  });
}

export function composeUnknown(facts: UnknownFacts, voice: Voice): Message {
  const words = WORDS[voice.language];
  const title = oneLine(facts.subject ?? '', 120) || words.unknown.title;
  const text = clean(facts.text) || '-';
  return message({
    voice, severity: facts.severity, kind: 'unknown', state: facts.state === 'OK' ? 'recovered' : facts.state === 'ALARM' ? 'problem' : 'news',
    at: facts.at, whose: facts.whose, key: cut(facts.key, 255), title, brief: text,
    sections: [[words.labels.happened, `${words.unknown.text}\n${text}`], ...facts.state === 'OK' ? [] : [[words.labels.mend, words.unknown.mend] as const]],
    links: facts.alarmUrl === undefined ? [] : [{ label: words.links.alarm, url: facts.alarmUrl }],
  });
}

export interface Draft extends Pick<Message, 'severity' | 'kind' | 'state' | 'at' | 'whose' | 'key'> {
  readonly voice: Voice;
  readonly title: string;
  /** What the SMS has after the title. */
  readonly brief: string;
  /** Instead of what follows from state and severity. */
  readonly prefix?: string;
  readonly sections: readonly (readonly [string, string])[];
  readonly links: readonly Link[];
}

export function message({ voice, title, brief, prefix, sections, links, ...rest }: Draft): Message {
  const words = WORDS[voice.language];
  const { environment, application, protection } = rest.whose;
  const urgency = prefix ?? prefixOf(rest.state, rest.severity, words);
  const line = `${urgency ? `[${urgency}] ` : ''}${words.whose(rest.whose)}: ${title}`;
  return {
    ...rest, language: voice.language, links, title: line,
    whose: { environment, application, ...protection === undefined ? {} : { protection } },
    sections: sections.map(([label, text]) => ({ label, text })),
    short: brieflyAscii(`${line}. ${oneLine(brief)}`, SMS_CHARACTERS),
  };
}

function prefixOf(state: Message['state'], severity: NotifiedSeverity, { prefix }: Words): string | undefined {
  if (state === 'recovered') return prefix.recovered;
  if (state === 'news') return undefined;
  return severity === 'page' ? prefix.page : prefix.notify;
}

function figure(value: number | undefined, kind: AlarmFacts['mark']['kind'], words: Words): string | undefined {
  if (value === undefined) return undefined;
  const { unit } = METRICS[ALARM_KINDS[kind].metric];
  if (unit === 'Seconds') return words.span(value);
  if (unit === 'Percent') return words.percent(value);
  return words.count(value);
}

function safety(safe: readonly ProtectionFacts[] | undefined, words: Words, voice: Voice, named: boolean): string {
  if (safe === undefined || safe.length === 0) return words.safeUnknown;
  const lines = safe.slice(0, SAFE_PROTECTIONS).map((one) => {
    const said = words.safe(one, recoveryPointOf(one, words, voice), named);
    return named ? `${one.protection}: ${said}` : said;
  });
  return [...lines, ...safe.length > SAFE_PROTECTIONS ? ['…'] : []].join('\n');
}

function recoveryPointOf({ recoveryPointAge, at }: ProtectionFacts, words: Words, { timeZone }: Voice): string | undefined {
  if (recoveryPointAge === undefined || at === undefined) return undefined;
  return words.instant(new Date(Date.parse(at) - recoveryPointAge * 1000).toISOString(), timeZone);
}
