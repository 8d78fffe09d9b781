import { AlarmError } from './alarm';

export type Node =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly Node[] }
  | { readonly kind: 'negative'; readonly of: Node }
  | { readonly kind: 'operator'; readonly operator: string; readonly left: Node; readonly right: Node }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Node[] };

/** Weakest first; those of one line bind alike. */
const LEVELS: readonly (readonly string[])[] = [['OR'], ['AND'], ['==', '!=', '<=', '>=', '<', '>'], ['+', '-'], ['*', '/']];
const SPELLINGS: Readonly<Record<string, string>> = { '&&': 'AND', '||': 'OR' };
const TOKEN = /\s*(?:(\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|\.\d+)|([A-Za-z]\w*)|"([^"]*)"|(==|!=|<=|>=|&&|\|\||[-+*/^<>(),[\]]))/y;

interface Token { readonly kind: 'number' | 'word' | 'text' | 'sign'; readonly text: string }

function tokensOf(expression: string): Token[] {
  const tokens: Token[] = [];
  const text = expression.trimEnd();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match) throw new AlarmError(`the expression ${expression} cannot be read at "${text.slice(at).trimStart()}"`);
    const [, number, word, quoted, sign] = match;
    if (number !== undefined) tokens.push({ kind: 'number', text: number });
    else if (word !== undefined) tokens.push({ kind: word === 'AND' || word === 'OR' ? 'sign' : 'word', text: word });
    else if (quoted !== undefined) tokens.push({ kind: 'text', text: quoted });
    else tokens.push({ kind: 'sign', text: SPELLINGS[sign] ?? sign });
  }
  return tokens;
}

/** @throws AlarmError for what is no expression of metric math */
export function parseExpression(expression: string): Node {
  const tokens = tokensOf(expression);
  let next = 0;
  const failed = (): AlarmError => new AlarmError(`the expression ${expression} cannot be read at ${tokens[next] ? `"${tokens[next].text}"` : 'its end'}`);
  const sign = (...texts: string[]): string | undefined => {
    const token = tokens[next];
    if (token?.kind !== 'sign' || !texts.includes(token.text)) return undefined;
    next++;
    return token.text;
  };
  const demand = (text: string): void => {
    if (sign(text) === undefined) throw failed();
  };
  const level = (index: number): Node => {
    if (index === LEVELS.length) return power();
    let left = level(index + 1);
    for (let operator = sign(...LEVELS[index]); operator !== undefined; operator = sign(...LEVELS[index])) {
      left = { kind: 'operator', operator, left, right: level(index + 1) };
    }
    return left;
  };
  const power = (): Node => {
    if (sign('-') !== undefined) return { kind: 'negative', of: power() };
    const left = primary();
    return sign('^') === undefined ? left : { kind: 'operator', operator: '^', left, right: power() };
  };
  const list = (end: string): Node[] => {
    const items: Node[] = [];
    if (sign(end) !== undefined) return items;
    do items.push(level(0)); while (sign(',') !== undefined);
    demand(end);
    return items;
  };
  const primary = (): Node => {
    if (sign('(') !== undefined) {
      const inner = level(0);
      demand(')');
      return inner;
    }
    if (sign('[') !== undefined) return { kind: 'list', items: list(']') };
    const token = tokens[next];
    if (!token || token.kind === 'sign') throw failed();
    next++;
    if (token.kind === 'number') return { kind: 'number', value: Number(token.text) };
    if (token.kind === 'text') return { kind: 'text', text: token.text };
    return sign('(') === undefined ? { kind: 'name', name: token.text } : { kind: 'call', name: token.text, args: list(')') };
  };
  const whole = level(0);
  if (next < tokens.length) throw failed();
  return whole;
}
