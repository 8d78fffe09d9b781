import { DockerfileParser, type Instruction } from 'dockerfile-ast';

export interface Finding {
  readonly rule: string;
  readonly sentence: string;
}

const SECRET = /password|passwd|secret|token|credential|private[-_]?key|access[-_]?key/i;
const DIGEST = /@sha256:[0-9a-f]{64}$/;

/**
 * What a linter of Dockerfiles would say of one of ours, the rules that matter here: everything that comes from outside is pinned,
 * versions stand in one place, nothing runs as root, no secret has a way in.
 */
export function findingsOf(text: string): Finding[] {
  const file = DockerfileParser.parse(text);
  const instructions = file.getInstructions();
  const findings: Finding[] = [];
  const say = (rule: string, sentence: string) => findings.push({ rule, sentence });

  const versions = new Map(file.getInitialARGs().flatMap((arg) => {
    const property = arg.getProperty();
    const value = property?.getValue();
    return property && value ? [[property.getName(), value] as const] : [];
  }));
  const expand = (value: string) => value.replace(/\$\{(\w+)\}/g, (_, name: string) => versions.get(name) ?? `\${${name}}`);

  const stages = new Set<string>();
  for (const from of file.getFROMs()) {
    const image = expand(from.getImage() ?? '');
    const inner = stages.has(image) || [...stages].some((stage) => image === `base-\${TARGETARCH}` && stage.startsWith('base-'));
    if (!inner && !DIGEST.test(image)) say('pinned-base', `${image} has no digest`);
    if (from.getBuildStage()) stages.add(from.getBuildStage()!);
  }

  const last = instructions.filter((instruction) => instruction.getKeyword() === 'USER').at(-1)?.getArgumentsContent() ?? 'root';
  if (!/^[1-9]\d*(:\d+)?$/.test(last)) say('user', `the image ends as "${last}": a numeric user that is not root`);
  if (!instructions.some((instruction) => instruction.getKeyword() === 'CMD' && (instruction.getArgumentsContent() ?? '').startsWith('['))) {
    say('command', 'CMD must be there, in its exec form');
  }
  for (const instruction of instructions) inspect(instruction, expand, say);
  return findings;
}

function inspect(instruction: Instruction, expand: (value: string) => string, say: (rule: string, sentence: string) => void): void {
  const keyword = instruction.getKeyword();
  // The text as it stands: the parser keeps flags apart from arguments.
  const content = instruction.getTextContent().slice(keyword.length).replace(/\\\n\s*/g, ' ');
  const at = `line ${instruction.getRange().start.line + 1}`;
  const early = keyword === 'ARG' || keyword === 'FROM';

  if (/\blatest\b/.test(content)) say('latest', `${at}: "latest" is no version`);
  if ((keyword === 'ARG' || keyword === 'ENV') && SECRET.test(content)) say('secret', `${at}: ${keyword} is no place for a secret`);
  if (!early && /(?<![\w.])\d+\.\d+(\.\d+)*(?![\w])/.test(content.replace(/https?:\S+/g, ''))) say('one-place', `${at}: a version outside the ARG block`);
  if (!early && /sha256:[0-9a-f]{64}/.test(content)) say('one-place', `${at}: a digest outside the ARG block`);
  if (keyword === 'ADD') {
    const sum = /--checksum=(\S+)/.exec(content)?.[1];
    if (!/https?:\/\//.test(content)) say('add', `${at}: COPY is for files of the context`);
    else if (/http:\/\//.test(content)) say('add', `${at}: a download without TLS`);
    else if (!sum || !/^sha256:[0-9a-f]{64}$/.test(expand(sum))) say('add', `${at}: a download without its SHA-256`);
  }
  if (keyword === 'COPY' && /(^|\s)\.(\s|$)/.test(content)) say('copy', `${at}: COPY names its files, or what lies about comes along`);
  if (keyword === 'RUN') inspectRun(content, at, say);
}

function inspectRun(content: string, at: string, say: (rule: string, sentence: string) => void): void {
  if (/\bsudo\b/.test(content)) say('sudo', `${at}: sudo`);
  if (/\b(curl|wget)\b/.test(content)) say('download', `${at}: ADD --checksum downloads, not ${/\b(curl|wget)\b/.exec(content)![0]}`);
  if (/\|\s*(ba|z)?sh\b/.test(content)) say('pipe-to-shell', `${at}: a script nobody read is run`);
  if (/\bchmod\s+(-R\s+)?[0-7]?777\b/.test(content)) say('mode', `${at}: writable by all`);
  if (!/\b(dnf|yum|microdnf)\b/.test(content)) return;
  if (/\b(dnf|yum|microdnf)\s+(-y\s+)?(update|upgrade)\b/.test(content)) say('upgrade', `${at}: an upgrade is another image every day`);
  if (/--nogpgcheck|gpgcheck=0/.test(content)) say('signature', `${at}: packages without a check of their signature`);
  if (/\binstall\b/.test(content)) {
    if (!/\binstall\s+-y\b/.test(content)) say('install', `${at}: install asks a question that nobody answers: -y`);
    if (!/\bclean all\b/.test(content)) say('install', `${at}: the package cache stays in the layer`);
    for (const name of content.match(/(?<=\s)(postgresql|pgvector|mariadb|mysql|mongodb)\S*/g) ?? []) {
      if (!/\$\{\w+\}/.test(name)) say('pinned-package', `${at}: ${name} has no version of the ARG block`);
    }
  }
}
