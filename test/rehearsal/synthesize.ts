import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { readAssembly, Resolver, type ResolverProps } from '../../rehearsal/assembly';

export interface Synthesized {
  readonly directory: string;
  readonly resolver: Resolver;
  remove(): void;
}

/** Synthesizes an app made by `build` into a folder of its own, as `cdk synth` would, and reads it back. */
export function synthesize(build: (app: App) => void, props?: ResolverProps): Synthesized {
  const directory = mkdtempSync(join(tmpdir(), 'assembly-'));
  // What the CDK's command line sets, whose assemblies a rehearsal reads.
  const context = { 'aws:cdk:enable-path-metadata': true, 'aws:cdk:enable-asset-metadata': true };
  const app = new App({ outdir: directory, analyticsReporting: false, context });
  build(app);
  app.synth({ skipValidation: true });
  return {
    directory, resolver: new Resolver(readAssembly(directory), props),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}
