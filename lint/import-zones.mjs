import { builtinModules } from 'node:module';
import path from 'node:path';
import { zoneOf } from './zones.mjs';

/** ESLint rule: every import of a file in a zone must be allowed by the table in `zones.mjs`. */
export const importZones = {
  meta: {
    type: 'problem',
    docs: { description: 'imports run one way between the zones of the project' },
    schema: [],
    messages: { forbidden: '{{zone}} may not import {{target}}. It may import {{may}}.' },
  },
  create(context) {
    const from = relativeToRoot(context, context.filename);
    const own = zoneOf(from);
    if (!own) return {};
    const check = (node, source) => {
      if (source?.type !== 'Literal' || typeof source.value !== 'string') return;
      const reason = refusal(own, from, source.value);
      if (reason) context.report({ node: source, messageId: 'forbidden', data: { zone: own.zone.name, may: own.zone.may, target: reason } });
    };
    return {
      ImportDeclaration: (node) => check(node, node.source),
      ExportNamedDeclaration: (node) => check(node, node.source),
      ExportAllDeclaration: (node) => check(node, node.source),
      ImportExpression: (node) => check(node, node.source),
      TSImportType: (node) => check(node, node.source ?? node.argument?.literal),
      TSExternalModuleReference: (node) => check(node, node.expression),
      CallExpression: (node) => {
        if (node.callee.type === 'Identifier' && node.callee.name === 'require') check(node, node.arguments[0]);
      },
    };
  },
};

function relativeToRoot(context, filename) {
  return path.relative(context.cwd, filename).split(path.sep).join('/');
}

/** What is imported, in words, when it may not be; undefined when it may. */
function refusal(own, from, specifier) {
  if (specifier.startsWith('.')) return fileRefusal(own, path.posix.join(path.posix.dirname(from), specifier));
  const bare = specifier.replace(/^node:/, '');
  if (specifier.startsWith('node:') || builtinModules.includes(bare)) {
    return allows(own.zone.builtins, bare.split('/')[0]) ? undefined : `Node's "${specifier}"`;
  }
  const name = specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
  if (own.zone.neverPackages?.includes(name) || !allows(own.zone.packages, name)) return `the package "${name}"`;
  return undefined;
}

function fileRefusal(own, target) {
  const other = zoneOf(`${target}.ts`) ?? zoneOf(`${target}/index.ts`);
  const shown = `"${target}"`;
  if (!other) return `${shown}, which belongs to no zone`;
  const name = other.zone.name;
  if (own.zone.zones.includes('lib/index.ts') && name === 'lib') {
    return /^lib(\/index)?$/.test(target.replace(/\.ts$/, '')) ? undefined : `${shown}, an inner file of the library`;
  }
  if (!own.zone.zones.includes(name)) return `${shown} of the zone ${name}`;
  if (own.engine && other.engine && own.engine !== other.engine) return `${shown} of the engine "${other.engine}"`;
  return undefined;
}

function allows(list, name) {
  return list === true || list.includes(name);
}
