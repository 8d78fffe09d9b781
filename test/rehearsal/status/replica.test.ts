import { statusCommand } from '../../../rehearsal/commands/status';
import { shopApp } from '../shop-app';
import type { Synthesized } from '../synthesize';
import { DeployedApp, type Ran, runOn } from './cloud';

jest.setTimeout(60_000);

let replicated: Synthesized;
let pair: DeployedApp;

beforeAll(async () => {
  replicated = shopApp({ region: 'us-east-1', replicaRegions: ['eu-west-1'] });
  pair = await DeployedApp.start(replicated);
  await pair.copies(3);
  await pair.endpoint.replicated();
});

afterAll(async () => {
  await pair.stop();
  pair.remove();
  replicated.remove();
});

const look = async (...args: string[]): Promise<Ran> => await runOn(statusCommand, ['--app', replicated.directory, ...args]);

test('both sentinels are asked, each in its region', async () => {
  const { code, out } = await look();
  expect([code, out]).toEqual([0, expect.stringMatching(/replicas +eu-west-1 has it whole[^]*✓ replica in eu-west-1 {2}well {2}looked at/)]);
});

test('with the first region lost it is not well, and the replica says what it has nevertheless', async () => {
  pair.endpoint.loseRegion('us-east-1');
  const { code, out } = await look();
  pair.endpoint.regainRegion('us-east-1');
  expect([code, out]).toEqual([2, expect.stringMatching(/^\? shop staging\n {2}cannot be read: [^]*✓ replica in eu-west-1 {2}well/)]);
});
