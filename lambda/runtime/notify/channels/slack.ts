import { cut } from '../text';
import type { Message } from '../message';

interface PlainText {
  readonly type: 'plain_text';
  readonly text: string;
  readonly emoji: false;
}

interface Markdown {
  readonly type: 'mrkdwn';
  readonly text: string;
}

/** Block Kit: https://docs.slack.dev/reference/block-kit/blocks. */
type Block =
  | { readonly type: 'header'; readonly text: PlainText }
  | { readonly type: 'section'; readonly text: PlainText }
  | { readonly type: 'context'; readonly elements: readonly Markdown[] };

/** Body of an incoming webhook: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks. */
export interface SlackMessage {
  readonly text: string;
  readonly mrkdwn: false;
  readonly unfurl_links: false;
  readonly blocks: readonly Block[];
}

/** Limits of the blocks' pages, in characters as Slack counts them, entities included. */
const HEADER_CHARACTERS = 150;
const SECTION_CHARACTERS = 3000;

/** Somebody else's text only ever stands in a plain text object: what it says of itself as Markdown or as a mention is not read. */
export function slackMessage({ title, sections, links }: Message): SlackMessage {
  return {
    text: plain(title, SECTION_CHARACTERS), mrkdwn: false, unfurl_links: false,
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: plain(title, HEADER_CHARACTERS), emoji: false } },
      ...sections.flatMap(({ label, text }): Block[] => [
        { type: 'context', elements: [{ type: 'mrkdwn', text: `*${plain(label, HEADER_CHARACTERS)}*` }] },
        { type: 'section', text: { type: 'plain_text', text: plain(text, SECTION_CHARACTERS), emoji: false } },
      ]),
      ...links.length > 0 ? [{
        type: 'context' as const, elements: links.map(({ label, url }) => ({ type: 'mrkdwn' as const, text: `<${url.replace(/[|<>]/g, encodeURIComponent)}|${plain(label, 100)}>` })),
      }] : [],
    ],
  };
}

/** The three control characters as entities (https://docs.slack.dev/messaging/formatting-message-text, "Escaping text"). */
function plain(text: string, characters: number): string {
  const escaped = (kept: string): string => kept.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
  let kept = cut(text, characters);
  while (escaped(kept).length > characters) {
    const over = escaped(kept).length - characters;
    kept = cut(kept, Math.max(1, kept.length - Math.ceil(over / 4) - 1));
  }
  return escaped(kept);
}
