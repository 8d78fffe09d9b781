import { cut, fitted } from '../text';
import type { Message } from '../message';

/**
 * What a workflow's "When a Teams webhook request is received" takes
 * (https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using), with an Adaptive Card of version 1.5.
 */
export interface TeamsMessage {
  readonly type: 'message';
  readonly attachments: readonly [{ readonly contentType: 'application/vnd.microsoft.card.adaptive'; readonly contentUrl: null; readonly content: AdaptiveCard }];
}

interface AdaptiveCard {
  readonly $schema: 'http://adaptivecards.io/schemas/adaptive-card.json';
  readonly type: 'AdaptiveCard';
  readonly version: '1.5';
  readonly msteams: { readonly width: 'Full' };
  readonly body: readonly RichTextBlock[];
  readonly actions: readonly { readonly type: 'Action.OpenUrl'; readonly title: string; readonly url: string }[];
}

interface RichTextBlock {
  readonly type: 'RichTextBlock';
  readonly separator?: true;
  readonly inlines: readonly {
    readonly type: 'TextRun'; readonly text: string; readonly weight?: 'Bolder'; readonly size?: 'Large'; readonly color?: 'Attention' | 'Warning' | 'Good';
  }[];
}

/** Teams refuses more than 28 KB (the page above). */
const MESSAGE_BYTES = 27 * 1024;

/** Every text is a run, which knows no Markdown and no mention; a text block would read both. */
export function teamsMessage(message: Message): TeamsMessage {
  return fitted((characters) => card(message, characters), MESSAGE_BYTES, 4000);
}

function card({ title, sections, links, state, severity }: Message, characters: number): TeamsMessage {
  const color = state === 'recovered' ? 'Good' : state === 'news' ? undefined : severity === 'page' ? 'Attention' : 'Warning';
  return {
    type: 'message',
    attachments: [{
      contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null,
      content: {
        $schema: 'http://adaptivecards.io/schemas/adaptive-card.json', type: 'AdaptiveCard', version: '1.5', msteams: { width: 'Full' },
        body: [
          { type: 'RichTextBlock', inlines: [{ type: 'TextRun', text: cut(title, characters), weight: 'Bolder', size: 'Large', ...color ? { color } : {} }] },
          ...sections.flatMap(({ label, text }): RichTextBlock[] => [
            { type: 'RichTextBlock', separator: true, inlines: [{ type: 'TextRun', text: label, weight: 'Bolder' }] },
            ...cut(text, characters).split('\n').map((line): RichTextBlock => ({ type: 'RichTextBlock', inlines: [{ type: 'TextRun', text: line || ' ' }] })),
          ]),
        ],
        actions: links.map(({ label, url }) => ({ type: 'Action.OpenUrl', title: label, url })),
      },
    }],
  };
}
