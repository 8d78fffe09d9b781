import fs from 'node:fs';
import path from 'node:path';
import { DockerfileParser } from 'dockerfile-ast';
import { RDS_AUTHORITIES } from '../../lambda/runtime/database-tls';
import { MySqlFlavor } from '../../lib';
import { findingsOf } from './dockerfile-rules';

const images = path.join(__dirname, '../../lambda/images');
const engines = fs.readdirSync(images);
const textOf = (engine: string) => fs.readFileSync(path.join(images, engine, 'Dockerfile'), 'utf8');

/** Made by the bundler in the context beside the image's own files. */
const BUNDLED = ['index.js', 'task.js'];

test('every engine has an image, and every image an engine', () => {
  expect(engines.sort()).toEqual(fs.readdirSync(path.join(__dirname, '../../lambda/engines')).sort());
});

describe.each(engines)('the image of %s', (engine) => {
  test('has no finding', () => {
    expect(findingsOf(textOf(engine))).toEqual([]);
  });

  test('copies only files that its context has', () => {
    const copied = DockerfileParser.parse(textOf(engine)).getCOPYs()
      .flatMap((copy) => copy.getArguments().map((argument) => argument.getValue()).slice(0, -1));
    expect(copied.length).toBeGreaterThan(0);
    for (const name of copied) expect([...BUNDLED, ...fs.readdirSync(path.join(images, engine))]).toContain(name.replace(/\*$/, ''));
  });

  test('starts as a Lambda function that dumps, and has the Fargate entry beside it', () => {
    const file = DockerfileParser.parse(textOf(engine));
    expect(new Set(file.getCMDs().map((cmd) => cmd.getArgumentsContent()))).toEqual(new Set(['["index.dump"]']));
    expect(file.getENTRYPOINTs()).toEqual([]);
    expect(textOf(engine)).toMatch(/^COPY .*index\.js\* task\.js\* \$\{LAMBDA_TASK_ROOT\}\/$/m);
  });

  test('has both architectures, each by its own digest', () => {
    const bases = DockerfileParser.parse(textOf(engine)).getFROMs().map((from) => from.getBuildStage());
    expect(bases.slice(0, 2)).toEqual(['base-amd64', 'base-arm64']);
    expect(DockerfileParser.parse(textOf(engine)).getFROMs().map((from) => from.getImage()).slice(2).filter((image) => !/^(base-\$\{TARGETARCH\}|worker)$/.test(image ?? ''))).toEqual([]);
    const digests = [...textOf(engine).matchAll(/^ARG LAMBDA_NODE_\w+=\S+@(sha256:[0-9a-f]{64})$/gm)].map((match) => match[1]);
    expect(new Set(digests).size).toBe(2);
  });

  test('is built on the Node that the bundles are compiled for', () => {
    for (const [, tag] of textOf(engine).matchAll(/^ARG LAMBDA_NODE_\w+=([^@]+)@/gm)) expect(tag).toMatch(/^24(-arm64)?$/);
  });

  test('gives Lambda\'s and Fargate\'s user a name', () => {
    expect(textOf(engine)).toContain('>> /etc/passwd');
    expect(textOf(engine)).toMatch(/^USER 993:990$/m);
  });
});

describe('PostgreSQL', () => {
  const text = textOf('postgres');
  const majors = [...text.matchAll(/^ARG POSTGRES_(\d+)=(\d+)\.\d+$/gm)];

  test('has tools, server, contrib and pgvector of each major version, side by side', () => {
    expect(majors.map(([, name]) => name)).toEqual(['14', '15', '16', '17', '18']);
    for (const [, name, value] of majors) {
      expect(value).toBe(name);
      for (const wanted of [`postgresql${name}-\${POSTGRES_${name}}`, `postgresql${name}-server-\${POSTGRES_${name}}`,
        `postgresql${name}-contrib-\${POSTGRES_${name}}`, `pgvector_${name}-\${PGVECTOR}`]) expect(text).toContain(` ${wanted} `);
    }
  });

  test('every version of the ARG block is used, and every used one is declared', () => {
    const names = [...text.slice(0, text.indexOf('\nFROM ')).matchAll(/^ARG (\w+)=/gm)].map((match) => match[1]);
    expect(names.filter((name) => !text.includes(`\${${name}}`))).toEqual([]);
    const stage = text.slice(text.lastIndexOf('\nFROM '));
    const declared = [...stage.matchAll(/^ARG (\w+)$/gm)].map((match) => match[1]);
    for (const [, name] of stage.matchAll(/\$\{(\w+)\}/g)) expect(['PATH', 'LAMBDA_TASK_ROOT', 'TARGETARCH', ...declared]).toContain(name);
  });

  test('its package folders are those of its versions, signatures checked', () => {
    const repo = fs.readFileSync(path.join(images, 'postgres/pgdg.repo'), 'utf8');
    const sections = repo.split(/^(?=\[)/m).slice(1);
    expect(sections.map((section) => /^\[pgdg(\d+)\]/.exec(section)![1])).toEqual(majors.map(([, name]) => name));
    for (const section of sections) {
      expect(section).toContain(`yum/${/\d+/.exec(section)![0]}/redhat/rhel-9-$basearch`);
      expect(section).toContain('gpgcheck=1');
      expect(section).toContain('baseurl=https://');
    }
  });

  test('keeps RDS\'s authorities where the engine looks for them', () => {
    expect(text).toContain(`global-bundle.pem ${RDS_AUTHORITIES}\n`);
  });

  test('the newest tools come first on PATH', () => {
    expect(text).toContain(`ENV PATH=/usr/pgsql-${majors.at(-1)![1]}/bin:`);
  });

  test('the guide names the same versions', () => {
    const guide = fs.readFileSync(path.join(__dirname, '../../docs/sources/postgres.md'), 'utf8');
    expect(guide).toContain(`PostgreSQL ${majors[0][1]} to ${majors.at(-1)![1]}`);
  });
});

describe('the MySQL family', () => {
  const text = textOf('mysql');

  test('has a stage for each family that a flavor names, each with its own tools and server', () => {
    const stages = DockerfileParser.parse(text).getFROMs().map((from) => from.getBuildStage()).filter((stage) => stage === 'mysql' || stage === 'mariadb');
    expect(stages.sort()).toEqual(['mariadb', 'mysql']);
    const flavors = [MySqlFlavor.MARIADB, MySqlFlavor.RDS_MARIADB, MySqlFlavor.MYSQL, MySqlFlavor.RDS_MYSQL, MySqlFlavor.AURORA_MYSQL];
    expect(flavors.filter(({ family }) => !stages.some((stage) => stage === family))).toEqual([]);
    expect(text).toContain(' mariadb${MARIADB_SERIES} mariadb${MARIADB_SERIES}-server ');
    expect(text).toContain(' mysql-community-client-${MYSQL} mysql-community-server-${MYSQL} ');
  });

  test('its package folder checks signatures', () => {
    const repo = fs.readFileSync(path.join(images, 'mysql/mysql.repo'), 'utf8');
    expect(repo).toContain('gpgcheck=1');
    expect(repo).toContain('baseurl=https://');
  });

  test('keeps RDS\'s authorities where the engine looks for them', () => {
    expect(text).toContain(`global-bundle.pem ${RDS_AUTHORITIES}\n`);
  });
});

describe('the rules find what is planted', () => {
  const good = textOf('postgres');
  const planted: Record<string, [rule: string, text: string]> = {
    'a base without a digest': ['pinned-base', good.replace(/(ARG LAMBDA_NODE_AMD64=24)@sha256:\w+/, '$1')],
    'a base by another tag': ['pinned-base', good.replace('FROM base-${TARGETARCH}', 'FROM node:24-slim')],
    'latest': ['latest', good.replace('glibc-all-langpacks', 'glibc-all-langpacks:latest')],
    'root': ['user', good.replace('USER 993:990', 'USER root')],
    'no user': ['user', good.replace('USER 993:990', '')],
    'a user by name': ['user', good.replace('USER 993:990', 'USER nobody')],
    'a shell command': ['command', good.replace('CMD ["index.dump"]', 'CMD index.dump')],
    'sudo': ['sudo', good.replace('RUN dnf', 'RUN sudo dnf')],
    'a download without a sum': ['add', good.replace(/--checksum=\S+ /, '')],
    'a download without TLS': ['add', good.replace('https://truststore', 'http://truststore')],
    'a download by curl': ['download', good.replace('ENV PATH', 'RUN curl -fsSL https://example.org/a -o /a\nENV PATH')],
    'a script piped into a shell': ['pipe-to-shell', good.replace('ENV PATH', 'RUN cat /tmp/setup | bash\nENV PATH')],
    'a secret': ['secret', good.replace('ENV PATH', 'ENV PGPASSWORD=sentinel\nENV PATH')],
    'a version in the middle': ['one-place', good.replace('pgvector_14-${PGVECTOR}', 'pgvector_14-0.8.6')],
    'a package without a version': ['pinned-package', good.replace('postgresql16-contrib-${POSTGRES_16}', 'postgresql16-contrib')],
    'an upgrade': ['upgrade', good.replace('RUN dnf install', 'RUN dnf upgrade -y && dnf install')],
    'unsigned packages': ['signature', good.replace('--nodocs', '--nogpgcheck')],
    'a question': ['install', good.replace('dnf install -y', 'dnf install')],
    'a cache that stays': ['install', good.replace('dnf clean all', 'true')],
    'the whole context': ['copy', good.replace('COPY --chmod=0644 pgdg.repo', 'COPY .')],
    'a folder for all': ['mode', good.replace('ENV PATH', 'RUN chmod 777 /opt\nENV PATH')],
  };

  test.each(Object.entries(planted))('%s', (_, [rule, text]) => {
    expect(text).not.toBe(good);
    expect(findingsOf(text).map((finding) => finding.rule)).toContain(rule);
  });
});
