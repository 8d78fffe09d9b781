import type { MessageLanguage } from '../../../lib/contract/notify-config';
import type { NotifiedSeverity } from '../../../lib/contract/notification';
import type { Whose } from './facts';

export interface Link {
  readonly label: string;
  readonly url: string;
}

/** One message in one language, before any channel's form. No text in it has a control character but the line break. */
export interface Message {
  readonly language: MessageLanguage;
  readonly severity: NotifiedSeverity;
  /** `problem` opens what `recovered` closes; `news` is neither. */
  readonly state: 'problem' | 'recovered' | 'news';
  /** Kind of alarm, or `failed-run`, `failed-retire` …, `succeeded`, `test`, `digest`, `unknown`. */
  readonly kind: string;
  /** The same for a problem and its recovery, 255 characters at most. */
  readonly key: string;
  readonly whose: Whose;
  /** When it happened, ISO. */
  readonly at: string;
  /** One line that says it all: whose it is, how urgent, what. */
  readonly title: string;
  readonly sections: readonly { readonly label: string; readonly text: string }[];
  readonly links: readonly Link[];
  /** ASCII, 140 characters at most: one SMS. */
  readonly short: string;
}

/** The message as plain text: an e-mail's body, and what every channel can fall back on. */
export function plainText({ title, sections, links }: Message): string {
  return [
    title,
    ...sections.map(({ label, text }) => `${label}\n${text}`),
    ...links.length > 0 ? [links.map(({ label, url }) => `${label}: ${url}`).join('\n')] : [],
  ].join('\n\n');
}
