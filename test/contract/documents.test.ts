import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { Census } from '../../lib/contract/census';
import { CONTRACT_VERSION, ContractError, NewerContractError, parseVersioned } from '../../lib/contract/common';
import { parseManifest } from '../../lib/contract/manifest';
import { parsePolicyRecord } from '../../lib/contract/policy-record';
import { parseVerdict } from '../../lib/contract/verdict';

type Json = Record<string, unknown>;

const read = (name: string): Json => JSON.parse(fs.readFileSync(path.join(__dirname, 'fixtures', name), 'utf8')) as Json;

const DOCUMENTS = {
  'manifest': { fixture: 'manifest-v1.json', parse: parseManifest as (value: unknown) => unknown },
  'verdict': { fixture: 'verdict-v1.json', parse: parseVerdict as (value: unknown) => unknown },
  'policy record': { fixture: 'policy-record-v1.json', parse: parsePolicyRecord as (value: unknown) => unknown },
  'census': { fixture: 'census-v1.json', parse: (value: unknown) => parseVersioned('the census', Census, value) as unknown },
};

describe.each(Object.entries(DOCUMENTS))('%s', (name, { fixture, parse }) => {
  test('version 1 is read for ever, and nothing of it is lost', () => {
    expect(parse(read(fixture))).toEqual(read(fixture));
  });

  test.each([CONTRACT_VERSION + 1, 99])('version %i is refused with both numbers, whatever its shape', (version) => {
    const refused = refusalOf(() => parse({ version, shape: 'nobody knows yet' }));
    expect(refused).toBeInstanceOf(NewerContractError);
    expect(refused.message).toContain(`the ${name} has version ${version}`);
    expect(refused.message).toContain(`up to version ${CONTRACT_VERSION}`);
  });

  test.each([0, -1, 0.5, '1', null, undefined])('version %p is no version of this contract', (version) => {
    expect(refusalOf(() => parse({ ...read(fixture), version }))).toBeInstanceOf(ContractError);
  });

  test.each([null, undefined, 'text', 7, [], {}])('%p is refused', (value) => {
    expect(refusalOf(() => parse(value))).toBeInstanceOf(ContractError);
  });

  test('every required field is required: without it the document is refused by the name of the field', () => {
    for (const field of Object.keys(read(fixture)).filter((key) => key !== 'version')) {
      const cut = read(fixture);
      delete cut[field];
      expect(refusalOf(() => parse(cut)).message).toContain(`${field}:`);
    }
  });

  test('a field that no version has is refused at every depth', () => {
    const whole = read(fixture);
    for (const at of objectsIn(whole).filter((steps) => !OPEN.has(steps.map(String).filter((step) => !/^\d+$/.test(step)).join('.')))) {
      const extended = read(fixture);
      (at.reduce<unknown>((value, key) => (value as Record<string | number, unknown>)[key], extended) as Json).unheardOf = 'sentinel-5c1d';
      const refused = refusalOf(() => parse(extended));
      expect([at, refused.constructor]).toEqual([at, ContractError]);
      expect(refused.message).toContain('unheardOf');
    }
  });

  test('a refusal names fields and never values', () => {
    for (const at of leavesIn(read(fixture))) {
      const spoilt = read(fixture);
      const parent = at.slice(0, -1).reduce<unknown>((value, key) => (value as Record<string | number, unknown>)[key], spoilt) as Json;
      parent[String(at.at(-1))] = { password: 'sentinel-5c1d' };
      const refused = tried(() => parse(spoilt));
      if (refused) expect(refused.message).not.toContain('sentinel-5c1d');
    }
  });
});

test('the fixtures are frozen: a stored document of version 1 does not change', () => {
  const digest = (name: string) => createHash('sha256').update(JSON.stringify(read(name))).digest('hex');
  expect(Object.fromEntries(Object.values(DOCUMENTS).map(({ fixture }) => [fixture, digest(fixture)]))).toEqual(FROZEN);
});

test.each([['manifest-v1-encrypted.json', parseManifest], ['verdict-v1-checksums-only.json', parseVerdict]] as const)('%s is read for ever too', (name, parse) => {
  expect(parse(read(name))).toEqual(read(name));
  expect(createHash('sha256').update(JSON.stringify(read(name))).digest('hex')).toBe(FROZEN_ENCRYPTED[name]);
});

test('recipients of a manifest are age recipients, each once', () => {
  const encrypted = read('manifest-v1-encrypted.json');
  const { recipients } = encrypted.encryption as { recipients: string[] };
  for (const bad of [[], [...recipients, recipients[0]], ['age1'], [recipients[0].toUpperCase()]]) {
    expect(() => parseManifest({ ...encrypted, encryption: { scheme: 'age', recipients: bad } })).toThrow(/encryption\.recipients/);
  }
});

test('a manifest without a part is no backup', () => {
  expect(() => parseManifest({ ...read('manifest-v1.json'), parts: [] })).toThrow(/parts/);
});

test('an instant with another offset than UTC is refused', () => {
  expect(() => parseManifest({ ...read('manifest-v1.json'), recoveryPoint: '2026-11-20T03:00:05+01:00' })).toThrow(/recoveryPoint/);
});

test('a hash is 64 small hexadecimal digits', () => {
  const manifest = read('manifest-v1.json');
  (manifest.parts as Json[])[0].sha256 = 'ABC';
  expect(() => parseManifest(manifest)).toThrow(/parts\.0\.sha256/);
});

test('a verdict keeps a hundred differences and counts the rest', () => {
  const verdict = read('verdict-v1.json');
  const [one] = verdict.differences as Json[];
  expect(() => parseVerdict({ ...verdict, differences: Array(100).fill(one), differenceCount: 4711 })).not.toThrow();
  expect(() => parseVerdict({ ...verdict, differences: Array(101).fill(one), differenceCount: 4711 })).toThrow(/differences/);
});

/** Objects whose keys are data: versions of tools by name, and what an engine notes for itself. */
const OPEN = new Set(['tools', 'engineNotes', 'engineNotes.extensions']);

const FROZEN = {
  'manifest-v1.json': '165e5e790f0595a5a2a36e0047bb838600fbd6c3e9c8203a1048e2059fa98dea',
  'verdict-v1.json': '53e36b5075fe663603a0b3d9f6f46a3e1bafde807fa15acd86cbe860dea40651',
  'census-v1.json': '3168ad062ee9bd98650d2427fb1f249cceaef2bc803f652eaa7d2852d8850660',
  'policy-record-v1.json': '6e46a894ec8d31f86f59a5a34b1e256b28033da829f1376a66d3f70ba550ef0b',
};

const FROZEN_ENCRYPTED = {
  'manifest-v1-encrypted.json': 'e0fd5afd5fea9728b7c18aef5c0023551476e47d1fc484e3b42d40b690f57582',
  'verdict-v1-checksums-only.json': '43e03003c69402876378f8aba5033e8476f8889c1ab864fd1e2f0798dbcf32c2',
};

function tried(act: () => unknown): Error | undefined {
  try {
    act();
  } catch (error) {
    return error as Error;
  }
  return undefined;
}

function refusalOf(act: () => unknown): Error {
  const error = tried(act);
  if (!error) throw new Error('the document was accepted');
  return error;
}

/** Paths of all objects (not arrays) in a JSON value, the root's included. */
function objectsIn(value: unknown, at: (string | number)[] = []): (string | number)[][] {
  if (Array.isArray(value)) return value.flatMap((item, i) => objectsIn(item, [...at, i]));
  if (typeof value !== 'object' || value === null) return [];
  return [at, ...Object.entries(value).flatMap(([key, item]) => objectsIn(item, [...at, key]))];
}

/** Paths of all values that are no object and no array. */
function leavesIn(value: unknown, at: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [at];
  return Object.entries(value).flatMap(([key, item]) => leavesIn(item, [...at, Array.isArray(value) ? Number(key) : key]));
}
