import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { AssemblyError } from './assembly-error';
import type { CodeFolders, Stack, Template } from './template';

interface Artifact {
  readonly type: string;
  readonly environment?: string;
  readonly displayName?: string;
  readonly properties?: {
    readonly templateFile?: string;
    readonly stackName?: string;
    readonly directoryName?: string;
    readonly file?: string;
    readonly parameters?: Record<string, unknown>;
  };
}

interface AssetManifest {
  readonly dockerImages?: Record<string, { readonly source?: { readonly directory?: string } }>;
  readonly files?: Record<string, { readonly source?: { readonly path?: string; readonly packaging?: string } }>;
}

export interface Assembly {
  readonly directory: string;
  /** Every stack, those of stages and nested ones included. */
  readonly stacks: readonly Stack[];
}

/**
 * Reads what `cdk synth` wrote.
 *
 * @param directory such as `cdk.out`
 * @throws AssemblyError when there is no assembly, or a file of it is missing or is no JSON
 */
export function readAssembly(directory: string): Assembly {
  const root = resolve(directory);
  const stacks = readDirectory(root);
  if (stacks.length === 0) throw new AssemblyError(`The assembly in ${directory} has no stack.`, 'Name the folder that `cdk synth` wrote, such as cdk.out.');
  return { directory: root, stacks };
}

function readDirectory(directory: string): Stack[] {
  const manifest = readJson<{ artifacts?: Record<string, Artifact> }>(join(directory, 'manifest.json'));
  const artifacts = Object.entries(manifest.artifacts ?? {});
  const code = new Map(artifacts.flatMap(([, artifact]) =>
    artifact.type === 'cdk:asset-manifest' && artifact.properties?.file ? codeFolders(directory, artifact.properties.file) : []));
  return artifacts.flatMap(([id, artifact]) => {
    if (artifact.type === 'cdk:cloud-assembly' && artifact.properties?.directoryName) {
      return readDirectory(join(directory, artifact.properties.directoryName));
    }
    return artifact.type === 'aws:cloudformation:stack' && artifact.properties?.templateFile ? readStack(directory, id, artifact, code) : [];
  });
}

function readStack(directory: string, id: string, artifact: Artifact, code: CodeFolders): Stack[] {
  const { templateFile = '', stackName, parameters = {} } = artifact.properties ?? {};
  const [account, region] = (artifact.environment ?? '').replace('aws://', '').split('/').map((part) => part.startsWith('unknown-') || part === '' ? undefined : part);
  const stack: Stack = {
    id, account, region, parameters, code,
    name: stackName ?? id,
    displayName: artifact.displayName ?? id,
    template: readJson<Template>(join(directory, templateFile)),
    templateFile: join(directory, templateFile),
  };
  return [stack, ...nestedStacks(directory, stack)];
}

/** A nested stack's template lies beside its parent's, under the name its resource's metadata gives. */
function nestedStacks(directory: string, parent: Stack): Stack[] {
  return Object.entries(parent.template.Resources ?? {}).flatMap(([logicalId, resource]) => {
    const file = resource.Metadata?.['aws:asset:path'];
    if (resource.Type !== 'AWS::CloudFormation::Stack' || typeof file !== 'string') return [];
    const nested: Stack = {
      id: `${parent.id}/${logicalId}`,
      name: `${parent.name}-${logicalId}`,
      displayName: `${parent.displayName}/${logicalId}`,
      region: parent.region,
      account: parent.account,
      template: readJson<Template>(join(directory, file)),
      templateFile: join(directory, file),
      code: parent.code,
      parameters: (resource.Properties?.Parameters ?? {}) as Record<string, unknown>,
      parent: { stack: parent, logicalId },
    };
    return [nested, ...nestedStacks(directory, nested)];
  });
}

function codeFolders(directory: string, file: string): [hash: string, folder: string][] {
  const { dockerImages = {}, files = {} } = readJson<AssetManifest>(join(directory, file));
  const folders: [string, string | undefined][] = [
    ...Object.entries(dockerImages).map(([hash, { source }]): [string, string | undefined] => [hash, source?.directory]),
    ...Object.entries(files).map(([hash, { source }]): [string, string | undefined] => [hash, source?.packaging === 'zip' ? source.path : undefined]),
  ];
  return folders.flatMap(([hash, folder]) => folder ? [[hash, join(directory, folder)]] : []);
}

function readJson<T>(file: string): T {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new AssemblyError(`${file} cannot be read.`, 'Run `cdk synth` (here: npm run synth) and name the folder it wrote with --app.', { cause });
  }
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw new AssemblyError(`${file} is no JSON.`, 'Run `cdk synth` again: the file is not whole.', { cause });
  }
}
