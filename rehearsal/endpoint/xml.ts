import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { ApiError } from './errors';

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

/** Text, a list of the same element, nested elements, or nothing (left out). */
export type XmlValue = string | number | boolean | Date | undefined | XmlValue[] | { [name: string]: XmlValue };

/** XML text with everything escaped that a key may hold; control characters as references, as S3 sends them. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"\u0000-\u001f\u007f\ufffe\uffff]/g, (c) => {
    switch (c) {
      case '&': return '&amp;';
      case '<': return '&lt;';
      case '>': return '&gt;';
      case '"': return '&quot;';
      default: return `&#x${c.charCodeAt(0).toString(16)};`;
    }
  });
}

function render(name: string, value: XmlValue): string {
  if (value === undefined) return '';
  if (Array.isArray(value)) return value.map((item) => render(name, item)).join('');
  if (value instanceof Date) return `<${name}>${value.toISOString()}</${name}>`;
  if (typeof value === 'object') return `<${name}>${renderAll(value)}</${name}>`;
  return `<${name}>${escapeXml(String(value))}</${name}>`;
}

function renderAll(value: { [name: string]: XmlValue }): string {
  return Object.entries(value).map(([name, item]) => render(name, item)).join('');
}

export function toXml(root: string, value: string | { [name: string]: XmlValue }, namespace: string = NAMESPACE): string {
  const attribute = namespace ? ` xmlns="${namespace}"` : '';
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root}${attribute}>${typeof value === 'string' ? escapeXml(value) : renderAll(value)}</${root}>`;
}

export type XmlNode = { [name: string]: unknown };

// Numbers stay text: an ETag or a key of digits is no number. Only entities of XML itself are resolved.
const parser = new XMLParser({
  ignoreAttributes: true, parseTagValue: false, trimValues: false, removeNSPrefix: true, ignoreDeclaration: true, processEntities: true,
  htmlEntities: true,
});

export const malformedXml = (): ApiError =>
  new ApiError('MalformedXML', 400, 'The XML you provided was not well-formed or did not validate against our published schema');

/** The element `root` of a request body. @throws ApiError MalformedXML */
export function parseXml(body: Buffer, root: string): XmlNode {
  const text = body.toString('utf8');
  if (XMLValidator.validate(text) !== true) throw malformedXml();
  const parsed = parser.parse(text) as XmlNode;
  if (!(root in parsed)) throw malformedXml();
  const node = parsed[root];
  return typeof node === 'object' && node !== null ? node as XmlNode : {};
}

/** The children of that name, however many there are. */
export function childNodes(node: XmlNode, name: string): XmlNode[] {
  const value = node[name];
  const list = value === undefined ? [] : Array.isArray(value) ? value : [value];
  return list.map((item: unknown) => (typeof item === 'object' && item !== null ? item as XmlNode : {}));
}

export function childNode(node: XmlNode | undefined, name: string): XmlNode | undefined {
  return node && name in node ? childNodes(node, name)[0] : undefined;
}

export function childText(node: XmlNode | undefined, name: string): string | undefined {
  const value = node?.[name];
  if (value === undefined || typeof value === 'object') return undefined;
  return String(value);
}
