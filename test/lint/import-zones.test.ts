import { execFileSync } from 'node:child_process';
import path from 'node:path';

interface Planted {
  readonly filePath: string;
  readonly code: string;
  /** Rule that must fire, alone, and what its sentence must name; absent for a clean file. */
  readonly rule?: string;
  readonly says?: RegExp[];
}

const root = path.join(__dirname, '../..');
const use = (specifier: string) => `import { thing } from '${specifier}';\n\nexport const used = thing;\n`;
const zone = (filePath: string, specifier: string, ...says: RegExp[]): Planted =>
  ({ filePath, code: use(specifier), rule: 'project/import-zones', says });
const impure = (code: string, rule: string, what: RegExp): Planted => ({ filePath: 'lib/model/planted.ts', code, rule, says: [/lib\/model/, what] });
const clean = (filePath: string, ...specifiers: string[]): Planted => ({
  filePath,
  code: `${specifiers.map((specifier, i) => `import { thing as thing${i} } from '${specifier}';\n`).join('')}\n`
    + `export const used = [${specifiers.map((_, i) => `thing${i}`).join(', ')}];\n`,
});

const VIOLATIONS: Record<string, Planted> = {
  'the model takes no package': zone('lib/model/planted.ts', 'zod', /^lib\/model may not/, /"zod"/),
  'the model takes nothing of Node': zone('lib/model/planted.ts', 'node:crypto', /^lib\/model may not/, /"node:crypto"/),
  'the model does not know the contract': zone('lib/model/planted.ts', '../contract/manifest', /^lib\/model may not/, /lib\/contract/),
  'the model has no clock: Date.now': impure('export const now = (): number => Date.now();\n', 'no-restricted-properties', /Date\.now/),
  'the model has no clock: new Date()': impure('export const now = (): Date => new Date();\n', 'no-restricted-syntax', /new Date\(\)/),
  'the model has no chance': impure('export const any = (): number => Math.random();\n', 'no-restricted-properties', /Math\.random/),
  'the model has no environment': impure('export const home = (): unknown => process.env.HOME;\n', 'no-restricted-globals', /process/),
  'the contract takes zod alone': zone('lib/contract/planted.ts', 'aws-cdk-lib', /^lib\/contract may not/, /"aws-cdk-lib"/),
  'the contract knows no construct': zone('lib/contract/engines/planted.ts', '../../backup-store', /^lib\/contract may not/, /zone lib\b/),
  'constructs do not use the AWS SDK': zone('lib/planted.ts', '@aws-sdk/client-s3', /^lib may not/, /"@aws-sdk\/client-s3"/),
  'constructs name workers by path': zone('lib/sources/planted.ts', '../../lambda/workers/dump', /^lib may not/, /zone lambda\b/),
  'constructs do not reach the network': zone('lib/planted.ts', 'node:https', /^lib may not/, /"node:https"/),
  'workers do not use the CDK': zone('lambda/workers/planted.ts', 'aws-cdk-lib/aws-s3', /^lambda may not/, /"aws-cdk-lib"/),
  'workers do not use constructs': zone('lambda/runtime/planted.ts', '../../lib/backup-policy', /^lambda may not/, /zone lib\b/),
  'workers do not know the rehearsal': zone('lambda/runtime/planted.ts', '../../rehearsal/endpoint/server', /^lambda may not/, /zone rehearsal/),
  'an engine does not use another engine': zone('lambda/engines/mysql/planted.ts', '../postgres/connection', /^lambda\/engines\/\* may not/, /engine "postgres"/),
  'an engine does not use the CDK': zone('lambda/engines/mysql/planted.ts', 'constructs', /^lambda\/engines\/\* may not/, /"constructs"/),
  'the rehearsal reads the assembly, not the constructs': zone('rehearsal/planted.ts', '../lib/index', /^rehearsal may not/, /zone lib\b/),
  'the rehearsal runs bundles, not sources': zone('rehearsal/planted.ts', '../lambda/workers/dump', /^rehearsal may not/, /zone lambda\b/),
  'the command line is no CDK app': zone('bin/backup-policy.ts', 'aws-cdk-lib', /^rehearsal may not/, /"aws-cdk-lib"/),
  'an example uses the public door': zone('examples/montoit/planted.ts', '../../lib/backup-store', /^examples may not/, /inner file of the library/),
  'an example knows no contract': zone('examples/montoit/planted.ts', '../../lib/contract/manifest', /^examples may not/, /zone lib\/contract/),
  'an example uses no other package': zone('examples/montoit/planted.ts', 'zod', /^examples may not/, /"zod"/),
  'the app uses the public door': zone('bin/app.ts', '../lib/backup-policy', /^bin\/app\.ts may not/, /inner file of the library/),
  'a type alone is an import': {
    ...zone('lib/planted.ts', '', /^lib may not/, /zone lambda\b/), code: "export type Log = import('../lambda/runtime/log').Log;\n",
  },
  'a re-export is an import': { ...zone('examples/planted.ts', '', /^examples may not/), code: "export * from '../rehearsal/report/model';\n" },
  'a late import is an import': {
    ...zone('lambda/workers/planted.ts', '', /^lambda may not/), code: "export const late = (): Promise<unknown> => import('constructs');\n",
  },
};

const CLEAN: Record<string, Planted> = {
  'lib/model': clean('lib/model/planted.ts', './retention', './schedule/cron'),
  'lib/model with a given instant': { filePath: 'lib/model/planted.ts', code: 'export const at = (ms: number): Date => new Date(ms);\n' },
  'lib/contract': clean('lib/contract/engines/planted.ts', 'zod', '../common', '../../model/retention'),
  'lib': clean('lib/sources/planted.ts', 'aws-cdk-lib', 'aws-cdk-lib/aws-s3', 'constructs', 'node:path', '../contract/run-request', '../model/proof', '../schedule'),
  'lambda': clean('lambda/workers/planted.ts', '@aws-sdk/client-s3', 'node:stream', '../runtime/log', '../engines/postgres/engine', '../../lib/contract/manifest'),
  'lambda/engines': clean('lambda/engines/postgres/planted.ts', 'pg', 'node:child_process', './connection', '../../runtime/errors', '../../../lib/contract/census'),
  'rehearsal': clean('rehearsal/runner/planted.ts', 'aws-local-stepfunctions', 'node:fs', '../report/model', '../../lib/contract/manifest'),
  'bin/backup-policy.ts': clean('bin/backup-policy.ts', 'node:util', '../rehearsal/rehearse', '../lib/contract/manifest'),
  'bin/app.ts': clean('bin/app.ts', 'aws-cdk-lib', 'cdk-nag', '../lib', '../examples/montoit/stack'),
  'bin/app.ts by the full name': clean('bin/app.ts', '../lib/index'),
  'examples': clean('examples/montoit/planted.ts', 'aws-cdk-lib', 'constructs', 'node:path', '../../lib', './schema'),
  'test, which plants and asks everywhere': clean('test/planted.ts', '../lambda/workers/dump', '../lib/index', 'aws-cdk-lib'),
};

let answers: Map<Planted, { ruleId: string; message: string }[]>;

beforeAll(() => {
  const planted = [...Object.values(VIOLATIONS), ...Object.values(CLEAN)];
  const input = JSON.stringify(planted.map(({ filePath, code }) => ({ filePath: path.join(root, filePath), code })));
  const output = execFileSync(path.join(root, 'node_modules/.bin/node'), [path.join(__dirname, 'lint-text.mjs')], { input, encoding: 'utf8' });
  const results = JSON.parse(output) as { ruleId: string; message: string }[][];
  answers = new Map(planted.map((one, i) => [one, results[i]]));
});

test.each(Object.entries(VIOLATIONS))('%s', (_, planted) => {
  const messages = answers.get(planted)!;
  expect(messages.map(({ ruleId }) => ruleId)).toEqual([planted.rule]);
  for (const says of planted.says!) expect(messages[0].message).toMatch(says);
});

test.each(Object.entries(CLEAN))('a clean file passes in %s', (_, planted) => {
  expect(answers.get(planted)).toEqual([]);
});
