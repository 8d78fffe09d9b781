import { type AlarmKindName, sectionOf } from './alarm-kinds';
import type { MessageLanguage } from './notify-config';

/** Where the pages of this release lie. */
const PAGES = 'https://github.com/cdk-backup-policy/cdk-backup-policy/blob/main/docs';

/** Section of the runbook for a kind of alarm, in the reader's language. */
export function alarmSection(kind: AlarmKindName, language: MessageLanguage): string {
  return `${PAGES}/runbook/alarms.${language}.md#${sectionOf(kind)}`;
}

/** Section of the runbook for the code that a worker's sentence begins with: `[NOT_PROVEN] …`; the page itself where there is none. */
export function errorSection(sentence: string): string {
  const code = /^\[([A-Z][A-Z0-9_]+)\]/.exec(sentence)?.[1];
  return `${PAGES}/runbook.md${code === undefined ? '' : `#${code.toLowerCase()}`}`;
}
