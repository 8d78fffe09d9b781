import { visible } from './words';

/** Text that is markup already. Only `html` and `trusted` make one, so nothing reaches the page unescaped by forgetting. */
export class Html {
  public constructor(public readonly text: string) {}
}

export type HtmlValue = Html | string | number | undefined | false | readonly HtmlValue[];

/** A template whose values are escaped, unless they are `Html` themselves; undefined and false are nothing, lists are joined. */
export function html(parts: TemplateStringsArray, ...values: HtmlValue[]): Html {
  return new Html(parts.reduce((text, part, index) => text + rendered(values[index - 1]) + part));
}

/** Markup of our own, such as the style sheet. Never for text that came from elsewhere. */
export function trusted(text: string): Html {
  return new Html(text);
}

/** For elements and quoted attributes alike. Line breaks stay; what else a browser would not show, or show in another order, is named. */
export function escape(text: string): string {
  return visible(text, true).replace(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`);
}

function rendered(value: HtmlValue): string {
  if (value === undefined || value === false) return '';
  if (value instanceof Html) return value.text;
  if (Array.isArray(value)) return value.map(rendered).join('');
  return escape(String(value));
}
