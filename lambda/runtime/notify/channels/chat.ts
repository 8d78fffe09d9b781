import type { Message } from '../message';
import { cut } from '../text';

/**
 * Custom notification of Amazon Q Developer in chat applications, the only form of a message that it passes on to Slack and Teams beside
 * those of AWS's own services (https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html).
 */
export interface ChatNotification {
  readonly version: '1.0';
  readonly source: 'custom';
  readonly id: string;
  readonly content: {
    readonly textType: 'client-markdown';
    readonly title: string;
    readonly description: string;
    readonly nextSteps: readonly string[];
    readonly keywords: readonly string[];
  };
  readonly metadata: {
    readonly threadId: string;
    readonly summary: string;
    readonly eventType: string;
    readonly relatedResources: readonly string[];
    readonly additionalContext: Readonly<Record<string, string>>;
  };
}

/** A problem and its recovery are one thread. */
export function chatNotification(message: Message, id: string): ChatNotification {
  const { whose, kind, severity, links, sections, state } = message;
  const [next, rest] = state === 'problem' ? [sections.at(-1)!, sections.slice(0, -1)] : [undefined, sections];
  return {
    version: '1.0', source: 'custom', id,
    content: {
      textType: 'client-markdown',
      title: cut(literal(message.title), TITLE_CHARACTERS),
      description: cut(rest.map(({ label, text }) => `*${literal(label)}*\n${literal(text)}`).join('\n\n'), DESCRIPTION_CHARACTERS),
      nextSteps: [...next ? [cut(literal(next.text), STEP_CHARACTERS)] : [], ...links.map(({ label, url }) => `${literal(label)}: ${url}`)],
      keywords: [whose.application, whose.environment, kind],
    },
    metadata: {
      threadId: message.key, summary: cut(literal(message.title), TITLE_CHARACTERS), eventType: kind,
      relatedResources: [whose.protection ?? whose.application], additionalContext: { severity, state },
    },
  };
}

const TITLE_CHARACTERS = 250;
const DESCRIPTION_CHARACTERS = 3000;
const STEP_CHARACTERS = 900;

/** There is no plain text here: what would be a mention, a link or Markdown is written with characters that mean nothing. */
function literal(text: string): string {
  return text.replace(/</g, '‹').replace(/>/g, '›').replace(/&/g, '＆').replace(/@/g, '＠').replace(/\*/g, '∗').replace(/_/g, 'ˍ').replace(/~/g, '∼').replace(/`/g, '\'')
    .replace(/\[/g, '(').replace(/\]/g, ')');
}
