import type { NotifiedSeverity } from '../../../../lib/contract/notification';
import { type Message, plainText } from '../message';
import { cut } from '../text';

export const PAGERDUTY_URL = 'https://events.pagerduty.com/v2/enqueue';

/** Events API v2: https://developer.pagerduty.com/docs/send-alert-event; what it does not know it drops. */
export interface PagerDutyEvent {
  readonly routing_key: string;
  readonly event_action: 'trigger' | 'resolve';
  readonly dedup_key: string;
  readonly client?: string;
  readonly client_url?: string;
  readonly links?: readonly { readonly href: string; readonly text: string }[];
  readonly payload?: {
    readonly summary: string;
    readonly timestamp: string;
    readonly severity: 'critical' | 'warning' | 'info';
    readonly source: string;
    readonly component: string;
    readonly group: string;
    readonly class: string;
    readonly custom_details: Readonly<Record<string, string>>;
  };
}

const SEVERITIES: Readonly<Record<NotifiedSeverity, 'critical' | 'warning' | 'info'>> = { page: 'critical', notify: 'warning', digest: 'info' };

/** News opens an incident of no urgency and closes it at once: nobody is to act on it, and the timeline shows that it came. */
export function pagerDutyEvents(message: Message, routingKey: string): PagerDutyEvent[] {
  const { key, whose, kind, links, state } = message;
  const same = { routing_key: routingKey, dedup_key: key };
  const resolve: PagerDutyEvent = { ...same, event_action: 'resolve' };
  if (state === 'recovered') return [resolve];
  const trigger: PagerDutyEvent = {
    ...same, event_action: 'trigger',
    client: 'cdk-backup-policy',
    ...links.length > 0 ? { client_url: links[0].url, links: links.map(({ label, url }) => ({ href: url, text: label })) } : {},
    payload: {
      summary: cut(message.title, SUMMARY_CHARACTERS), timestamp: message.at,
      severity: state === 'news' ? 'info' : SEVERITIES[message.severity],
      source: `${whose.application}/${whose.environment}`, component: whose.protection ?? whose.application, group: whose.application, class: kind,
      custom_details: Object.fromEntries([
        ...message.sections.map(({ label, text }) => [label, cut(text, DETAIL_CHARACTERS)]), ['text', cut(plainText(message), DETAIL_CHARACTERS)],
      ]) as Record<string, string>,
    },
  };
  return state === 'news' ? [trigger, resolve] : [trigger];
}

/** PD-CEF's limit of a summary (PagerDuty, "PD-CEF"). */
const SUMMARY_CHARACTERS = 1024;
const DETAIL_CHARACTERS = 4000;
