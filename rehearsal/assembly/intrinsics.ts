import { AssemblyError } from './assembly-error';

/** What the functions of a template need to know; `path` leads from the template's root, for errors. */
export interface Scope {
  /** Name of the stack and what of it is read, for errors. */
  readonly label: string;
  ref(name: string, path: string): unknown;
  attribute(logicalId: string, attribute: string, path: string): unknown;
  condition(name: string, path: string): boolean;
  mapping(map: string, first: string, second: string): unknown;
  importValue(name: string, path: string): unknown;
  stackOutput(stackName: string, outputName: string, region: string | undefined, path: string): unknown;
  readonly region: string;
}

/** What `AWS::NoValue` yields: the property, or the item of a list, goes away. */
export const NO_VALUE = Symbol('AWS::NoValue');

type Evaluate = (argument: unknown, scope: Scope, path: string) => unknown;

/** Resolves a value of a template into what CloudFormation would give the service. Dynamic references (`{{resolve:…}}`) stay as text. */
export function resolveValue(value: unknown, scope: Scope, path: string): unknown {
  if (Array.isArray(value)) {
    return value.map((item, index) => resolveValue(item, scope, `${path}[${index}]`)).filter((item) => item !== NO_VALUE);
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  if (entries.length === 1) {
    const [name, argument] = entries[0];
    const evaluate = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
    if (evaluate) return evaluate(argument, scope, `${path}.${name}`);
    if (name.startsWith('Fn::')) {
      throw new AssemblyError(`${scope.label}: ${path} uses ${name}, which cannot be evaluated on a laptop.`, 'Give a plain value there for the rehearsal.');
    }
  }
  const resolved: Record<string, unknown> = {};
  for (const [key, item] of entries) {
    const one = resolveValue(item, scope, `${path}.${key}`);
    if (one !== NO_VALUE) resolved[key] = one;
  }
  return resolved;
}

const FUNCTIONS: Record<string, Evaluate | undefined> = {
  'Ref': (argument, scope, path) => scope.ref(text(argument, scope, path), path),
  'Fn::GetAtt': (argument, scope, path) => {
    const [logicalId, ...attribute] = typeof argument === 'string' ? argument.split('.') : list(argument, scope, path).map((part) => text(part, scope, path));
    return scope.attribute(logicalId, attribute.join('.'), path);
  },
  'Fn::Join': (argument, scope, path) => {
    const [separator, items] = list(argument, scope, path);
    return list(items, scope, path).map((item) => text(item, scope, path)).join(text(separator, scope, path));
  },
  'Fn::Sub': (argument, scope, path) => {
    const [pattern, values = {}] = typeof argument === 'string' ? [argument] : argument as [string, Record<string, unknown>?];
    return pattern.replace(/\$\{(!?)([^}]+)\}/g, (whole, literal: string, name: string) => {
      if (literal) return `\${${name}}`;
      if (Object.hasOwn(values, name)) return text(resolveValue(values[name], scope, path), scope, path);
      const dot = name.indexOf('.');
      return text(dot < 0 ? scope.ref(name, path) : scope.attribute(name.slice(0, dot), name.slice(dot + 1), path), scope, `${path} ${whole}`);
    });
  },
  'Fn::Select': (argument, scope, path) => {
    const [index, items] = list(argument, scope, path);
    const chosen = list(items, scope, path)[Number(index)];
    if (chosen === undefined) throw unknown(scope, path, `has no item ${String(index)}`);
    return chosen;
  },
  'Fn::Split': (argument, scope, path) => {
    const [separator, source] = list(argument, scope, path);
    return text(source, scope, path).split(text(separator, scope, path));
  },
  'Fn::If': (argument, scope, path) => {
    const [condition, yes, no] = argument as [string, unknown, unknown];
    return resolveValue(scope.condition(condition, path) ? yes : no, scope, path);
  },
  'Condition': (argument, scope, path) => typeof argument === 'string' ? scope.condition(argument, path) : { Condition: resolveValue(argument, scope, path) },
  'Fn::Equals': (argument, scope, path) => {
    const [one, other] = list(argument, scope, path);
    return JSON.stringify(one) === JSON.stringify(other);
  },
  'Fn::And': (argument, scope, path) => list(argument, scope, path).every(Boolean),
  'Fn::Or': (argument, scope, path) => list(argument, scope, path).some(Boolean),
  'Fn::Not': (argument, scope, path) => !list(argument, scope, path)[0],
  'Fn::FindInMap': (argument, scope, path) => {
    const [map, first, second, otherwise] = list(argument, scope, path);
    const found = scope.mapping(text(map, scope, path), text(first, scope, path), text(second, scope, path))
      ?? (otherwise as { DefaultValue?: unknown } | undefined)?.DefaultValue;
    if (found === undefined) throw unknown(scope, path, `finds nothing under ${String(map)}.${String(first)}.${String(second)}`);
    return found;
  },
  'Fn::ImportValue': (argument, scope, path) => scope.importValue(text(resolveValue(argument, scope, path), scope, path), path),
  'Fn::GetStackOutput': (argument, scope, path) => {
    const { StackName, OutputName, Region } = resolveValue(argument, scope, path) as Record<string, unknown>;
    const region = Region === undefined ? undefined : text(Region, scope, path);
    return scope.stackOutput(text(StackName, scope, path), text(OutputName, scope, path), region, path);
  },
  'Fn::Base64': (argument, scope, path) => Buffer.from(text(resolveValue(argument, scope, path), scope, path)).toString('base64'),
  'Fn::GetAZs': (argument, scope, path) => {
    const region = resolveValue(argument, scope, path) || scope.region;
    return ['a', 'b', 'c'].map((zone) => `${text(region, scope, path)}${zone}`);
  },
  'Fn::Length': (argument, scope, path) => list(argument, scope, path).length,
  'Fn::ToJsonString': (argument, scope, path) => JSON.stringify(resolveValue(argument, scope, path)),
};

function list(argument: unknown, scope: Scope, path: string): unknown[] {
  const resolved = resolveValue(argument, scope, path);
  if (!Array.isArray(resolved)) throw unknown(scope, path, 'needs a list');
  return resolved as unknown[];
}

function text(value: unknown, scope: Scope, path: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const resolved = typeof value === 'object' && value !== null && !Array.isArray(value) ? resolveValue(value, scope, path) : undefined;
  if (typeof resolved === 'string' || typeof resolved === 'number' || typeof resolved === 'boolean') return String(resolved);
  throw unknown(scope, path, 'needs a text');
}

function unknown(scope: Scope, path: string, what: string): AssemblyError {
  return new AssemblyError(`${scope.label}: ${path} ${what}.`, 'CloudFormation would refuse it too: look at the construct that wrote it.');
}
