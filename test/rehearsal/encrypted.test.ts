import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { Assertion, ClientEncryption } from '../../lib';
import { IdentityError } from '../../rehearsal/drill-identity';
import { rehearse, type RehearseProps } from '../../rehearsal/rehearse';
import { UnknownProtectionError } from '../../rehearsal/stage';
import { parseReport, type RehearsalReport } from '../../rehearsal/report/model';
import { reportText } from '../../rehearsal/report/text';
import { rtoOf } from '../../rehearsal/report/words';
import { findPostgresBinaries } from '../../rehearsal/servers/postgres-binaries';
import { lacks } from '../support/lacks';
import { shopApp } from './shop-app';
import type { Synthesized } from './synthesize';

const assertions = [Assertion.query('there are orders', 'SELECT count(*) FROM public.orders').atLeast(1)];

let identity: string;
let recipient: string;
let drilled: Synthesized;
let closed: Synthesized;
let skipped: string | undefined;

beforeAll(async () => {
  identity = await generateX25519Identity();
  recipient = await identityToRecipient(identity);
  drilled = shopApp({ assertions, encryption: (stack) => ClientEncryption.age({ recipients: [recipient], drillIdentity: new Secret(stack, 'Identity') }) });
  closed = shopApp({ assertions, encryption: () => ClientEncryption.age({ recipients: [recipient] }) });
  skipped = await findPostgresBinaries().then(() => undefined, (error: Error) => error.message);
});

afterAll(() => {
  drilled?.remove();
  closed?.remove();
});

function rehearses(name: string, run: () => Promise<void>): void {
  test(name, async () => {
    if (skipped !== undefined) lacks(skipped);
    await run();
  });
}

async function ran(app: Synthesized, props: Partial<RehearseProps> = {}): Promise<RehearsalReport> {
  return parseReport(JSON.parse(JSON.stringify(await rehearse({ app: app.directory, slot: '2026-11-20T02:00:00Z', ...props }))));
}

const about = (report: RehearsalReport, what: RegExp) => report.notRehearsed.find((one) => what.test(one.what));

rehearses('with the identity of a declared recipient the run is the deployed one, and the copy is proven', async () => {
  const report = await ran(drilled, { identities: { database: `# a comment\n${identity}\n` } });
  const [{ protections: [one] }] = report.policies;
  expect(one).toMatchObject({ outcome: 'proven', assertions: [{ holds: true }] });
  expect(one.manifest?.encryption?.recipients).toEqual([recipient]);
  expect(one.census.find(({ name }) => name === 'public.orders')).toMatchObject({ rows: 60_000, method: 'hashed' });
  expect(about(report, /identity/)).toBeUndefined();
  expect(report.grants.refused).toEqual([]);
  expect(JSON.stringify(report)).not.toContain('AGE-SECRET-KEY');
});

rehearses('without it a throwaway recipient stands beside the declared one, and the report says so', async () => {
  const report = await ran(drilled);
  const [{ protections: [one] }] = report.policies;
  expect(one.outcome).toBe('proven');
  expect(one.manifest?.encryption?.recipients).toEqual([expect.stringMatching(/^age1/), recipient]);
  expect(about(report, /identity of database's drills/)?.how).toContain('--identity database=FILE');
  expect(JSON.stringify(report)).not.toContain('AGE-SECRET-KEY');
});

rehearses('somebody else\'s identity fails the run by name', async () => {
  const report = await ran(drilled, { identities: { database: await generateX25519Identity() } });
  const [{ protections: [one] }] = report.policies;
  expect(one).toMatchObject({ outcome: 'failed', error: { name: 'RefusedError', code: 'IDENTITY_DOES_NOT_FIT' } });
  expect(report.messages).toEqual([expect.objectContaining({ text: expect.stringContaining(recipient) })]);
});

rehearses('a policy whose drills have no identity ends with checksums only, and no word of a restore', async () => {
  const report = await ran(closed);
  const [{ protections: [one] }] = report.policies;
  expect(one).toMatchObject({ outcome: 'checksums-only', assertions: [], census: [] });
  expect(report.outcome).toBe('checksums-only');
  expect(rtoOf(one)).toBeUndefined();
  expect(about(report, /a restore of database/)).toBeDefined();
  const text = reportText(report);
  expect(text).toContain('nobody opened it');
  expect(text).not.toMatch(/restore \d/);
  expect(report.messages).toEqual([]);
});

test('an identity for a protection that would never get one is refused', async () => {
  await expect(ran(closed, { identities: { database: identity } })).rejects.toThrow(IdentityError);
  await expect(ran(drilled, { identities: { other: identity } })).rejects.toThrow(UnknownProtectionError);
});
