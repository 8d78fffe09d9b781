import { SecretValue, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import fc from 'fast-check';
import { DatabaseTls, MySqlFlavor, MySqlSource, SshTunnel, type SshTunnelProps } from '../../lib';
import { hostKeyOf, isLoopback } from '../../lib/contract/ssh-tunnel';
import { METADATA_KEY, PolicyMetadata } from '../../lib/contract/policy-metadata';
import { actions, declare, postgres, protection, resource, statements, template, text } from './fixture';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIGnMl5rwNtYcbSPIjG6AKnfq5I8bdnk1Ma6Y6m0MkHi';
const PRINT = `SHA256:${'k'.repeat(43)}`;

function tunnel(stack: Stack, change: Partial<SshTunnelProps> = {}): SshTunnel {
  const privateKey = Secret.fromSecretNameV2(stack, `Key${stack.node.children.length}`, 'production/shop/tunnel');
  return new SshTunnel({ host: 'db.example.org', user: 'backup', privateKey, hostKeys: [KEY], ...change });
}

const declared = (stack: Stack, change: Partial<SshTunnelProps> = {}, props: object = {}) =>
  ({ source: postgres(stack, { tunnel: tunnel(stack, change), ...props }) });

describe('SshTunnel', () => {
  test('stands in the metadata and in the request without anything secret', () => {
    const made = template((stack) => declared(stack, { hostKeys: [`db.example.org ${KEY} root@db`, PRINT] }));
    const [{ run }] = PolicyMetadata.parse(made.toJSON().Metadata[METADATA_KEY]).policies[0].protections;
    expect(run.config.tunnel).toEqual({
      host: 'db.example.org', port: 22, user: 'backup', hostKeys: [KEY, PRINT],
      keySecretArn: expect.objectContaining({ 'Fn::Join': expect.anything() }),
    });
  });

  test('a source of the MySQL family takes the same', () => {
    const made = template((stack) => ({
      source: new MySqlSource({ connection: new Secret(stack, 'C'), flavor: MySqlFlavor.MARIADB, tls: DatabaseTls.DISABLE, host: '127.0.0.1', tunnel: tunnel(stack) }),
    }));
    expect(JSON.stringify(made.toJSON())).toContain('db.example.org');
  });

  test('its key is read, and decrypted, by the dump worker alone', () => {
    const made = template((stack) => declared(stack, {
      privateKey: new Secret(stack, 'Login', { encryptionKey: new Key(stack, 'LoginKey'), secretStringValue: SecretValue.unsafePlainText('placeholder') }),
    }));
    const dump = statements(made, 'databaseDumpPolicy');
    const reads = dump.filter(({ Action }) => String(Action).includes('secretsmanager:GetSecretValue')).flatMap(({ Resource }) => text(Resource));
    expect(reads.join()).toMatch(/Login/);
    const decrypts = dump.find((one) => String(one.Action).includes('kms:Decrypt') && /LoginKey/.test(text(one.Resource)));
    expect(text(decrypts?.Condition?.StringEquals['kms:ViaService'])).toBe('secretsmanager.<AWS::Region>.<AWS::URLSuffix>');
    expect(actions(statements(made, 'databaseVerifyPolicy'))).not.toContain('secretsmanager:GetSecretValue');
    for (const worker of ['RetirePolicy', 'NotifyPolicy', 'SentinelPolicy']) {
      const ids = Object.keys(made.findResources('AWS::IAM::ManagedPolicy')).filter((id) => id.includes(worker));
      for (const id of ids) expect(JSON.stringify(statements(made, id))).not.toContain('Login');
    }
  });

  test('in a VPC the dump worker leaves by the SSH port and to AWS, and not by the database\'s', () => {
    const made = template((stack) => declared(stack, { port: 2222 }, { vpc: new ec2.Vpc(stack, 'Vpc') }));
    const rules = resource(made, 'AWS::EC2::SecurityGroup', 'DumpSecurityGroup').SecurityGroupEgress as { FromPort: number; ToPort: number; IpProtocol: string }[];
    expect(rules.map(({ FromPort, ToPort, IpProtocol }) => `${IpProtocol} ${FromPort}-${ToPort}`).sort()).toEqual(['tcp 2222-2222', 'tcp 2222-2222', 'tcp 443-443']);
  });

  test('opens the SSH host\'s door to the worker, at its port, and leads to that host alone', () => {
    const { stack, policy } = declare();
    const vpc = new ec2.Vpc(stack, 'Vpc');
    const bastion = new ec2.SecurityGroup(stack, 'Bastion', { vpc });
    policy.protect('database', protection(stack, declared(stack, { opens: bastion }, { vpc })));
    const made = Template.fromStack(stack);
    const [ingress] = Object.values(made.findResources('AWS::EC2::SecurityGroupIngress')).map(({ Properties }) => Properties);
    expect(ingress).toMatchObject({ FromPort: 22, ToPort: 22 });
    expect(text(ingress.GroupId)).toMatch(/Bastion/);
    const [egress] = Object.values(made.findResources('AWS::EC2::SecurityGroupEgress')).map(({ Properties }) => Properties);
    expect(egress).toMatchObject({ FromPort: 22, ToPort: 22 });
    expect(text(egress.DestinationSecurityGroupId)).toMatch(/Bastion/);
    const own = resource(made, 'AWS::EC2::SecurityGroup', 'DumpSecurityGroup').SecurityGroupEgress;
    expect(own).toEqual([expect.objectContaining({ FromPort: 443, ToPort: 443 })]);
  });

  const refused: [string, (stack: Stack) => object, string][] = [
    ['no host key', (stack) => declared(stack, { hostKeys: [] }), 'source.tunnel.hostKeys is empty; allowed: a public key such as "ssh-ed25519'],
    ['a cut host key', (stack) => declared(stack, { hostKeys: [KEY.slice(0, -8)] }), `source.tunnel.hostKeys[0] is ${JSON.stringify(KEY.slice(0, -8))}`],
    ['a fingerprint of MD5', (stack) => declared(stack, { hostKeys: [KEY, 'MD5:16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48'] }), 'source.tunnel.hostKeys[1]'],
    ['an address with a port', (stack) => declared(stack, { host: 'ssh://db:22' }), 'source.tunnel.host is "ssh://db:22"'],
    ['a user with a host', (stack) => declared(stack, { user: 'backup@db' }), 'source.tunnel.user is "backup@db"'],
    ['a port that is none', (stack) => declared(stack, { port: 70_000 }), 'source.tunnel.port is 70000'],
    ['opens without a VPC', (stack) => declared(stack, { opens: new ec2.SecurityGroup(stack, 'G', { vpc: new ec2.Vpc(stack, 'V') }) }), 'source.tunnel.opens is given; allowed: only together with source.vpc'],
    ['a door of the database', (stack) => {
      const vpc = new ec2.Vpc(stack, 'V');
      return declared(stack, {}, { vpc, opens: new ec2.SecurityGroup(stack, 'G', { vpc }) });
    }, 'source.opens is given; allowed: with source.tunnel only tunnel.opens'],
    ['no TLS beyond the SSH host', (stack) => declared(stack, {}, { host: 'db.internal', tls: DatabaseTls.DISABLE }), 'source.tls is DISABLE for db.internal'],
  ];
  test.each(refused)('refuses %s', (_, props, said) => {
    expect(() => template(props)).toThrow(said);
  });
});

describe('a pinned host key', () => {
  test('whatever was cut from or added to a key is none', () => {
    const [kind, key] = KEY.split(' ');
    fc.assert(fc.property(fc.integer({ min: 1, max: key.length - 1 }), (length) => hostKeyOf(`${kind} ${key.slice(0, length)}`) === undefined));
    fc.assert(fc.property(fc.stringMatching(/^[A-Za-z0-9+/]{4}$/), (more) => hostKeyOf(`${kind} ${key}${more}`) === undefined));
  });

  test('what is taken is one form, which is taken as it is', () => {
    const blank = fc.constantFrom(' ', '\t', '  ');
    fc.assert(fc.property(fc.constantFrom('', 'db.example.org', '[db.example.org]:2222'), fc.constantFrom('', 'root@db'), blank, (host, comment, space) => {
      const taken = hostKeyOf([host, ...KEY.split(' '), comment].filter(Boolean).join(space));
      return taken === KEY && hostKeyOf(taken) === taken;
    }));
    expect(hostKeyOf(`${PRINT}=`)).toBe(PRINT);
    expect(hostKeyOf('ecdsa-sha2-nistp256 AAAAC3NzaC1lZDI1NTE5AAAAIIGnMl5rwNtYcbSPIjG6AKnfq5I8bdnk1Ma6Y6m0MkHi')).toBeUndefined();
    expect(hostKeyOf('ssh-dss AAAAB3NzaC1kc3M=')).toBeUndefined();
  });
});

test.each([['127.0.0.1', true], ['127.8.0.1', true], ['localhost', true], ['::1', true], ['127.0.0.1.example.org', false], ['db', false], ['10.0.0.1', false]])(
  'whether %s is the SSH host itself: %s', (host, expected) => expect(isLoopback(host)).toBe(expected),
);
