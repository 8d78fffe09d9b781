import type { Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Repository } from 'aws-cdk-lib/aws-ecr';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Compute, WorkerImage } from '../../lib';
import { declare, postgres, protection, resource, statements, template, text } from './fixture';

const own = (stack: Stack, tag = '2026-11-20') => ({
  source: postgres(stack, { scratchImage: WorkerImage.fromRepository(new Repository(stack, 'Images'), tag) }),
});

test('on Lambda the verify worker has the image of the team\'s, the dump worker ours, with the same handlers', () => {
  const made = template((stack) => own(stack));
  const verify = resource(made, 'AWS::Lambda::Function', 'Verify');
  expect(text((verify.Code as { ImageUri: unknown }).ImageUri)).toContain('<Images');
  expect(text((verify.Code as { ImageUri: unknown }).ImageUri)).toMatch(/:2026-11-20$/);
  expect(verify.ImageConfig).toEqual({ Command: ['index.verify'] });
  const dump = resource(made, 'AWS::Lambda::Function', 'Dump');
  expect(JSON.stringify(dump.Code)).not.toContain('Images');
});

test('on Fargate the task may pull that image, and no other', () => {
  const made = template((stack) => ({ ...own(stack), compute: Compute.fargate({ vpc: new Vpc(stack, 'Vpc') }) }));
  const [container] = resource(made, 'AWS::ECS::TaskDefinition', 'Verify').ContainerDefinitions as { Image: unknown }[];
  expect(text(container.Image)).toMatch(/<Images.*:2026-11-20$/);
  const pulls = statements(made, 'VerifyStartPolicy').filter(({ Action }) => [Action].flat().includes('ecr:BatchGetImage'));
  expect(pulls.map(({ Resource }) => text(Resource))).toEqual([expect.stringMatching(/^<Images\w+\.Arn>$/)]);
});

test('a tag that moves, and a folder without the bundle, are refused with the protection\'s path', () => {
  expect(() => template((stack) => own(stack, 'latest'))).toThrow('S/Backup/database/Verify: scratchImage is "latest"; allowed: a tag that never moves');
  const folder = mkdtempSync(join(tmpdir(), 'image-'));
  try {
    writeFileSync(join(folder, 'Dockerfile'), 'FROM scratch\n');
    const declared = () => template((stack) => ({ source: postgres(stack, { scratchImage: WorkerImage.fromDirectory(folder) }) }));
    expect(declared).toThrow(/Verify: scratchImage is ".*index\.js is missing/);
    for (const file of ['index.js', 'task.js']) writeFileSync(join(folder, file), '');
    expect(declared).not.toThrow();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('an extension that the image lacks is said at synth, until an image has it', () => {
  const code = Match.stringLikeRegexp('no postgis: what hangs on it');
  const warned = (more: (stack: Stack) => object): number => {
    const { policy, stack } = declare();
    policy.protect('database', protection(stack, { source: postgres(stack, { extensions: ['pg_trgm', 'postgis', 'vector'], ...more(stack) }) }));
    return Annotations.fromStack(stack).findWarning('*', code).length;
  };
  expect(warned(() => ({}))).toBe(1);
  expect(warned((stack) => ({ scratchImage: WorkerImage.fromRepository(new Repository(stack, 'Images'), 'v1') }))).toBe(0);
  expect(warned(() => ({ extensions: ['pg_trgm', 'vector'] }))).toBe(0);
});
