import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { IfnConnectStack } from '../../examples/ifn-connect';
import { SelmaiStack } from '../../examples/selmai';
import { DeclaredMySqlConfig } from '../../lib/contract/engines/mysql';
import { METADATA_KEY, PolicyMetadata } from '../../lib/contract/policy-metadata';

const props = { environment: 'production', env: { region: 'eu-west-3' } };

function declared(template: Template) {
  const { policies: [{ application, protections: [database] }] } = PolicyMetadata.parse(template.toJSON().Metadata[METADATA_KEY]);
  return { application, database, config: DeclaredMySqlConfig.parse(database.run.config) };
}

test('SELMai declares the database half of its guide', () => {
  const { application, database, config } = declared(Template.fromStack(new SelmaiStack(new App(), 'Selmai', props)));
  expect(application).toBe('selmai');
  expect(database).toMatchObject({
    schedule: { expression: 'cron(0 2 * * ? *)' }, retention: { rules: { daily: 7, weekly: 4, monthly: 3 } },
    run: { engine: 'mysql', objectives: { rpoSeconds: 26 * 3600, rtoSeconds: 900 } },
  });
  // Its MariaDB listens on its own server's loopback, where the tunnel ends.
  expect(config).toMatchObject({
    flavor: 'mariadb', tls: { mode: 'disable' }, nonTransactional: 'refuse', tunnel: { port: 22, user: 'backup', hostKeys: [expect.stringMatching(/^ssh-ed25519 /)] },
  });
});

test('IFN Connect declares its guide', () => {
  const { application, database, config } = declared(Template.fromStack(new IfnConnectStack(new App(), 'IfnConnect', props)));
  expect(application).toBe('ifn-connect');
  expect(database).toMatchObject({
    schedule: { expression: 'cron(0 2 * * ? *)' }, retention: { rules: { days: 30 } }, run: { engine: 'mysql', objectives: { rpoSeconds: 25 * 3600 } },
  });
  expect(config).toMatchObject({ flavor: 'mysql' });
});

test('each has the image of its own family', () => {
  for (const [stack, target] of [[new SelmaiStack(new App(), 'Selmai', props), 'mariadb'], [new IfnConnectStack(new App(), 'IfnConnect', props), 'mysql']] as const) {
    const assembly = (stack.node.root as App).synth();
    expect(readFileSync(join(assembly.directory, `${stack.stackName}.assets.json`), 'utf8')).toContain(`"dockerBuildTarget": "${target}"`);
  }
});
