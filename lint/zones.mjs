/**
 * The one table of who may import whom. A file belongs to the first zone whose pattern it matches;
 * whatever is not in the table (tests, scripts) is free.
 *
 * `zones`, `packages` and `builtins` are what a file of the zone may import; `true` means all of that kind.
 */
export const ZONES = [
  {
    name: 'lib/model', files: /^lib\/model\//,
    zones: ['lib/model'], packages: [], builtins: [],
    may: 'itself only, and no package: it is arithmetic over its arguments',
  },
  {
    name: 'lib/contract', files: /^lib\/contract\//,
    zones: ['lib/contract', 'lib/model'], packages: ['zod'], builtins: [],
    may: 'zod and lib/model',
  },
  {
    name: 'lib', files: /^lib\//,
    zones: ['lib', 'lib/contract', 'lib/model'], packages: ['aws-cdk-lib', 'constructs'], builtins: ['path', 'fs', 'crypto'],
    may: 'aws-cdk-lib, constructs, lib/contract and lib/model; never the AWS SDK, and workers by path only',
  },
  {
    name: 'lambda/engines/*', files: /^lambda\/engines\/([^/]+)\//,
    zones: ['lambda/engines/*', 'lambda', 'lib/contract', 'lib/model'], packages: true, builtins: true, neverPackages: ['aws-cdk-lib', 'constructs', 'cdk-nag'],
    may: 'its own folder, lambda/runtime, lib/contract, lib/model and packages other than the CDK; never another engine',
  },
  {
    name: 'lambda', files: /^lambda\//,
    zones: ['lambda', 'lambda/engines/*', 'lib/contract', 'lib/model'], packages: true, builtins: true, neverPackages: ['aws-cdk-lib', 'constructs', 'cdk-nag'],
    may: 'the AWS SDK and other packages, lambda, lib/contract and lib/model; never the CDK',
  },
  {
    name: 'rehearsal', files: /^(rehearsal\/|bin\/backup-policy\.ts$)/,
    zones: ['rehearsal', 'lib/contract', 'lib/model'], packages: true, builtins: true, neverPackages: ['aws-cdk-lib', 'constructs', 'cdk-nag'],
    may: 'lib/contract, lib/model and packages; the app is read from its synthesized assembly, the workers are run from their bundles',
  },
  {
    name: 'bin/app.ts', files: /^bin\/app\.ts$/,
    zones: ['lib/index.ts', 'examples'], packages: ['aws-cdk-lib', 'constructs', 'cdk-nag'], builtins: ['path', 'fs'],
    may: 'lib/index.ts and the examples, as an app of a user would',
  },
  {
    name: 'examples', files: /^examples\//,
    zones: ['lib/index.ts', 'examples'], packages: ['aws-cdk-lib', 'constructs'], builtins: ['path', 'fs'],
    may: 'lib/index.ts only of the library, as an app of a user would',
  },
];

/** Zone of a path below the project's root, with the engine it belongs to; undefined for a free file. */
export function zoneOf(path) {
  for (const zone of ZONES) {
    const match = zone.files.exec(path);
    if (match) return { zone, engine: zone.name === 'lambda/engines/*' ? match[1] : undefined };
  }
  return undefined;
}
