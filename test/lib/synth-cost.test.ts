import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AssetStaging, FileSystem, Validations } from 'aws-cdk-lib';
import { policiesApp } from '../../bench/policies-app';

interface Cost {
  readonly assets: string[];
  readonly constructs: number;
  readonly fingerprints: number;
  readonly resources: number;
  /** Values of the templates, at any depth: the CDK resolves each three times and holds each against AWS's rules. */
  readonly values: number;
  /** Lines of stack traces beside the rules that the package acknowledges. */
  readonly traceLines: number;
}

/** What a synthesis of so many policies makes; seconds are the bench's to show. */
function synthesize(policies: number): Cost {
  const outdir = mkdtempSync(join(tmpdir(), 'policies-'));
  const fingerprint = jest.spyOn(FileSystem, 'fingerprint');
  try {
    AssetStaging.clearAssetHashCache();
    const app = policiesApp(policies, outdir);
    app.synth();
    const written = readdirSync(outdir);
    const templates = written.filter((name) => name.endsWith('.template.json')).map((name) => JSON.parse(readFileSync(join(outdir, name), 'utf8')));
    const metadata = app.node.findAll().flatMap(({ node }) => node.metadata);
    const acknowledged = metadata.filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY);
    expect(acknowledged.length).toBeGreaterThan(policies);
    return {
      assets: written.filter((name) => name.startsWith('asset.')).sort(),
      constructs: app.node.findAll().length,
      fingerprints: fingerprint.mock.calls.length,
      resources: templates.reduce((sum, { Resources }) => sum + Object.keys(Resources).length, 0),
      values: templates.reduce((sum, template) => sum + valuesOf(template), 0),
      traceLines: Math.max(...acknowledged.map(({ trace }) => trace?.length ?? 0)),
    };
  } finally {
    fingerprint.mockRestore();
    rmSync(outdir, { recursive: true, force: true });
  }
}

function valuesOf(value: unknown): number {
  return 1 + (typeof value === 'object' && value !== null ? Object.values(value).reduce<number>((sum, one) => sum + valuesOf(one), 0) : 0);
}

describe('what a further policy costs a synthesis', () => {
  const [one, five, fifteen] = [1, 5, 15].map(synthesize);

  test('nothing for the bundles: fifteen policies share those of one, each read once', () => {
    // The image of dump and verify, the bundle of retire.
    expect(one.assets.length).toBeGreaterThanOrEqual(2);
    expect(fifteen.assets).toEqual(one.assets);
    expect(one.fingerprints).toBeGreaterThanOrEqual(one.assets.length);
    expect(fifteen.fingerprints).toBe(one.fingerprints);
  });

  test('the same for each: five policies are a stack of their own, with a store; one construct more is the app', () => {
    expect(fifteen.constructs - 1).toBeLessThanOrEqual(3 * (five.constructs - 1));
    expect(fifteen.resources).toBe(3 * five.resources);
  });

  test('no more resources and values than are accounted for, and no stack trace for what is acknowledged', () => {
    // Most of them alarms and the rights of eight roles.
    expect((five.resources - one.resources) / 4).toBeLessThanOrEqual(63);
    expect((five.values - one.values) / 4).toBeLessThanOrEqual(2900);
    // The CDK's line that there is none.
    expect(fifteen.traceLines).toBeLessThanOrEqual(1);
  });
});
