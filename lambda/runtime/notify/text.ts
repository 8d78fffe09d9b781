/**
 * Characters that a message never has: controls but the line break, and those that turn the direction of writing, by which a text could
 * show another than it is.
 */
const UNSEEN = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** Half of a character outside the first plane, which is no text. */
const TORN = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** A text of somebody else's as it may stand in a message: without what is not seen, and no longer than the limit. */
export function clean(text: string, characters = 1500): string {
  return cut(text.replace(/\r\n?/g, '\n').replace(UNSEEN, ' ').replace(/[ ]{2,}/g, ' ').replace(/\n{3,}/g, '\n\n').replace(TORN, '?').trim(), characters);
}

/** The same in one line. */
export function oneLine(text: string, characters = 300): string {
  return cut(clean(text, Infinity).replace(/\s*\n\s*/g, ' '), characters);
}

/** Ends with an ellipsis where something is missing; counted as UTF-16 does, and never through the middle of a character. */
export function cut(text: string, characters: number): string {
  if (text.length <= characters) return text;
  const kept = text.slice(0, characters - 1);
  return `${/[\ud800-\udbff]$/.test(kept) ? kept.slice(0, -1) : kept}…`;
}

/** What a text becomes where only ASCII passes: letters without their accents, and a question mark for the rest. */
function ascii(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').replace(/[‘’‹›]/g, '\'').replace(/[«»“”]/g, '"').replace(/[–—]/g, '-').replace(/…/g, '...')
    .replace(/œ/g, 'oe').replace(/Œ/g, 'OE').replace(/[^\x20-\x7e\n]/gu, '?');
}

/** One line of ASCII, no longer than the limit. */
export function brieflyAscii(text: string, characters: number): string {
  const line = ascii(text).replace(/\s+/g, ' ').trim();
  return line.length <= characters ? line : `${line.slice(0, characters - 3)}...`;
}

/** The longest form of something made of texts that keeps within so many bytes of JSON: each text is cut shorter until it does. */
export function fitted<T>(build: (characters: number) => T, bytes: number, characters: number): T {
  for (let limit = characters; ; limit = Math.floor(limit / 2)) {
    const built = build(limit);
    if (limit < 20 || Buffer.byteLength(JSON.stringify(built)) <= bytes) return built;
  }
}
