import type { NotifiedSeverity } from '../../../../lib/contract/notification';
import { type Message, plainText } from '../message';
import { cut } from '../text';

/**
 * Integration events of Jira Service Management's operations, which took Opsgenie's place and its form
 * (https://developer.atlassian.com/cloud/jira/service-desk-ops/rest/v1/api-group-integration-events/).
 */
export const JIRA_ALERTS_URL = 'https://api.atlassian.com/jsm/ops/integration/v2/alerts';

export interface JiraAlert {
  readonly message: string;
  readonly alias: string;
  readonly description: string;
  readonly entity: string;
  readonly source: string;
  readonly tags: readonly string[];
  readonly details: Readonly<Record<string, string>>;
  readonly priority: 'P1' | 'P3' | 'P5';
}

export interface JiraClose {
  readonly source: string;
  readonly note: string;
}

export interface JiraCall {
  readonly path: string;
  readonly body: JiraAlert | JiraClose;
}

const PRIORITIES: Readonly<Record<NotifiedSeverity, 'P1' | 'P3' | 'P5'>> = { page: 'P1', notify: 'P3', digest: 'P5' };
const SOURCE = 'cdk-backup-policy';

/** A problem is an alert under an alias, its recovery closes that; news is both at once, with the least priority. */
export function jiraCalls(message: Message): JiraCall[] {
  const { key, whose, state, kind } = message;
  const close: JiraCall = {
    path: `/${encodeURIComponent(key)}/close?identifierType=alias`,
    body: { source: SOURCE, note: escaped(cut(plainText(message), NOTE_CHARACTERS)) },
  };
  if (state === 'recovered') return [close];
  const create: JiraCall = {
    path: '',
    body: {
      message: cut(escaped(message.title), MESSAGE_CHARACTERS), alias: key, source: SOURCE,
      description: escaped(cut(plainText(message), DESCRIPTION_CHARACTERS)),
      entity: `${whose.application}/${whose.protection ?? '-'}`, tags: ['backup', whose.environment.slice(0, TAG_CHARACTERS), kind.slice(0, TAG_CHARACTERS)],
      details: { ...whose, kind },
      priority: state === 'news' ? 'P5' : PRIORITIES[message.severity],
    },
  };
  return state === 'news' ? [create, close] : [create];
}

/** Limits of Opsgenie's page "Alerts and alert fields"; a sixth of the description is left to entities. */
const MESSAGE_CHARACTERS = 130;
const DESCRIPTION_CHARACTERS = 2500;
const NOTE_CHARACTERS = 4000;
const TAG_CHARACTERS = 50;

/** Descriptions are read as HTML. */
function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}
