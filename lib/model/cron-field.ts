/** An expression that EventBridge Scheduler refuses, that never runs, or whose meaning AWS does not say. */
export class ExpressionRefused extends Error {
  constructor(readonly given: string, readonly allowed: string) {
    super(`${JSON.stringify(given)} is no schedule; allowed: ${allowed}`);
    this.name = 'ExpressionRefused';
  }
}

export interface CronField {
  readonly name: string;
  readonly lowest: number;
  readonly highest: number;
  readonly steps: boolean;
  /** In capitals, from the lowest value on. */
  readonly names?: readonly string[];
}

export interface FieldValues {
  /** As AWS documents it: numbers without leading zeros, no range that wraps. */
  readonly text: string;
  readonly values: ReadonlySet<number>;
}

/** Values, ranges and steps of one field, separated by commas. */
export function parseList(field: CronField, given: string): FieldValues {
  if (given === '*') return { text: '*', values: range(field.lowest, field.highest, 1) };
  const terms = given.split(',').map((term) => parseTerm(field, term));
  return { text: terms.map(({ text }) => text).join(','), values: new Set(terms.flatMap(({ values }) => [...values])) };
}

export function wholeNumber(text: string, lowest: number, highest: number, refusal: () => ExpressionRefused): number {
  const value = Number(text);
  if (value < lowest || value > highest) throw refusal();
  return value;
}

function parseTerm(field: CronField, term: string): FieldValues {
  const [matched, first, last, step] = /^(\*|\d+|[A-Z]{3})(?:-(\d+|[A-Z]{3}))?(?:\/(\d+))?$/.exec(term) ?? [];
  if (!matched || (first === '*' && (last || !step))) throw refused(field, term, allowedIn(field));
  if (step !== undefined && !field.steps) throw refused(field, term, `the days one by one, such as MON,WED,FRI: AWS documents no steps`);
  const from = first === '*' ? field.lowest : valueOf(field, first, term);
  const to = last === undefined ? (step === undefined ? from : field.highest) : valueOf(field, last, term);
  if (step !== undefined) return stepped(field, term, { from, to, step, open: last === undefined });
  if (from > to) return wrapped(field, term, from, to);
  return { text: spell(field, from, to, first), values: range(from, to, 1) };
}

interface Steps {
  readonly from: number;
  readonly to: number;
  readonly step: string;
  /** Without an end of its own, up to the field's. */
  readonly open: boolean;
}

function stepped(field: CronField, term: string, { from, to, step, open }: Steps): FieldValues {
  const widest = field.highest - field.lowest;
  const by = wholeNumber(step, 1, widest, () => refused(field, term, `steps from 1 to ${widest}`));
  if (from > to) throw refused(field, term, 'a range that ascends, when it has steps');
  return { text: open ? `${from}/${by}` : `${from}-${to}/${by}`, values: range(from, to, by) };
}

/** Observed to run on as one would read it, but not documented by AWS: written as two ranges it is. */
function wrapped(field: CronField, term: string, from: number, to: number): FieldValues {
  if (field.name === 'year') throw refused(field, term, 'a range that ascends');
  return {
    text: `${spell(field, from, field.highest, term)},${spell(field, field.lowest, to, term)}`,
    values: new Set([...range(from, field.highest, 1), ...range(field.lowest, to, 1)]),
  };
}

/** One value or a range, in names where the author wrote names. */
function spell(field: CronField, from: number, to: number, given: string): string {
  const word = (value: number): string => (/^[A-Z]/.test(given) ? field.names?.[value - field.lowest] : undefined) ?? String(value);
  return from === to ? word(from) : `${word(from)}-${word(to)}`;
}

function valueOf(field: CronField, text: string, term: string): number {
  const index = field.names?.indexOf(text) ?? -1;
  if (index >= 0) return field.lowest + index;
  const value = Number(text);
  if (!(value >= field.lowest && value <= field.highest)) throw refused(field, term, allowedIn(field));
  return value;
}

function allowedIn({ lowest, highest, names, steps }: CronField): string {
  const named = names ? ` or ${names[0]} to ${names.at(-1)}` : '';
  return `values from ${lowest} to ${highest}${named}, ranges such as ${lowest}-${highest}, lists with commas${steps ? `, steps such as ${lowest}/2` : ''} or * alone`;
}

function refused(field: CronField, term: string, allowed: string): ExpressionRefused {
  return new ExpressionRefused(term, `${allowed}, in ${field.name}`);
}

function range(from: number, to: number, step: number): Set<number> {
  return new Set(Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => from + index * step));
}
