export interface ParsedSample { readonly name: string; readonly labels: Readonly<Record<string, string>>; readonly value: number }
export interface ParsedFamily {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly samples: readonly ParsedSample[];
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*/;
const LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*/;
const VALUE = /^(?:NaN|[+-]Inf|[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)$/;

/**
 * Prometheus' text format 0.0.4, as strict as its page: one HELP and one TYPE a family, before its samples, samples of a family together,
 * no series twice, a line feed after each line. https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function parsePrometheus(text: string): ParsedFamily[] {
  if (text !== '' && !text.endsWith('\n')) throw new Error('the last line has no line feed');
  const families: { name: string; help: string; type: string; samples: ParsedSample[] }[] = [];
  const series = new Set<string>();
  let pending: { name: string; help: string } | undefined;
  for (const line of text.split('\n').slice(0, -1)) {
    const [, word, name, rest = ''] = /^# (HELP|TYPE) (\S+)(?: (.*))?$/.exec(line) ?? [];
    if (word === 'HELP') {
      if (families.some((one) => one.name === name)) throw new Error(`${name} comes twice`);
      pending = { name, help: unescape(rest, false) };
    } else if (word === 'TYPE') {
      if (pending?.name !== name) throw new Error(`TYPE of ${name} without its HELP`);
      if (!['counter', 'gauge', 'histogram', 'summary', 'untyped'].includes(rest)) throw new Error(`${rest} is no type`);
      families.push({ ...pending, type: rest, samples: [] });
      pending = undefined;
    } else {
      const sample = sampleOf(line);
      const family = families.at(-1);
      if (family?.name !== sample.name) throw new Error(`${sample.name} outside of its family`);
      const key = `${sample.name} ${JSON.stringify(Object.entries(sample.labels).sort())}`;
      if (series.has(key)) throw new Error(`${key} comes twice`);
      series.add(key);
      family.samples.push(sample);
    }
  }
  if (pending) throw new Error(`HELP of ${pending.name} without its TYPE`);
  return families;
}

function sampleOf(line: string): ParsedSample {
  const name = NAME.exec(line)?.[0];
  if (name === undefined) throw new Error(`no sample: ${line}`);
  let rest = line.slice(name.length);
  const labels: Record<string, string> = {};
  if (rest.startsWith('{')) {
    rest = rest.slice(1);
    while (!rest.startsWith('}')) {
      const label = LABEL.exec(rest)?.[0];
      const quoted = label === undefined ? null : /^="((?:[^"\\\n]|\\[\\"n])*)"/.exec(rest.slice(label.length));
      if (label === undefined || !quoted) throw new Error(`no label: ${rest}`);
      if (label in labels) throw new Error(`${label} comes twice: ${line}`);
      labels[label] = unescape(quoted[1], true);
      rest = rest.slice(label.length + quoted[0].length);
      if (rest.startsWith(',')) rest = rest.slice(1);
      else if (!rest.startsWith('}')) throw new Error(`no comma: ${line}`);
    }
    rest = rest.slice(1);
  }
  const value = rest.slice(1);
  if (!rest.startsWith(' ') || !VALUE.test(value)) throw new Error(`no value: ${line}`);
  return { name, labels, value: Number(value.replace('Inf', 'Infinity')) };
}

function unescape(text: string, quotes: boolean): string {
  return text.replace(/\\(.)/g, (_whole, character: string) => {
    if (character === 'n') return '\n';
    if (character === '\\' || (quotes && character === '"')) return character;
    throw new Error(`\\${character} is no escape`);
  });
}
