import { randomBytes } from 'node:crypto';
import { ApiError } from '../errors';
import type { Gate } from '../exchange';
import type { Credentials } from '../types';
import { text, type Service } from './service';

const SESSION = /^[\w+=,.@-]{2,64}$/;

/** STS. A role assumed here gets keys of its own, whose calls are asked for in the role's name. */
export function stsService(credentials: Map<string, Credentials>): Service {
  const sessions = new Map<string, string>();
  const identityOf = (
    accessKeyId: string, principal: string | undefined, gate: Gate, account: string,
  ): { UserId: string; Account: string; Arn: string } => {
    const arn = gate.principalArn(principal);
    const role = /:role\/(?:.*\/)?([^/]+)$/.exec(arn)?.[1];
    const session = sessions.get(accessKeyId) ?? 'local';
    return {
      UserId: role ? `AROALOCAL:${session}` : account, Account: account,
      Arn: role ? `arn:aws:sts::${account}:assumed-role/${role}/${session}` : arn,
    };
  };
  return {
    name: 'sts', namespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
    operations: {
      GetCallerIdentity: { run: (_input, { exchange, gate, settings }) => identityOf(
        exchange.identity.accessKeyId, exchange.identity.credentials.principal, gate, settings.account,
      ) },
      AssumeRole: {
        resource: (input) => text(input, 'RoleArn') ?? '*',
        context: (input) => ({
          'sts:RoleSessionName': text(input, 'RoleSessionName') ?? '',
          ...(input.ExternalId ? { 'sts:ExternalId': String(input.ExternalId) } : {}),
        }),
        run: (input, { gate, settings }) => {
          const roleArn = text(input, 'RoleArn') ?? '';
          const session = text(input, 'RoleSessionName') ?? '';
          const seconds = Number(input.DurationSeconds ?? 3600);
          if (!/^arn:aws[\w-]*:iam::\d*:role\/.+/.test(roleArn)) throw new ApiError('ValidationError', 400, `${roleArn} is invalid`);
          if (!SESSION.test(session)) throw new ApiError(
            'ValidationError', 400, `RoleSessionName "${session}" must match ${SESSION.source}`,
          );
          if (!(seconds >= 900 && seconds <= 43_200)) throw new ApiError(
            'ValidationError', 400, 'DurationSeconds must be from 900 to 43200',
          );
          const accessKeyId = `ASIA${randomBytes(8).toString('hex').toUpperCase()}`;
          const given: Credentials = {
            secretAccessKey: randomBytes(30).toString('base64'), sessionToken: randomBytes(48).toString('base64'), principal: roleArn,
          };
          credentials.set(accessKeyId, given);
          sessions.set(accessKeyId, session);
          const { Arn, UserId } = identityOf(accessKeyId, roleArn, gate, settings.account);
          return {
            Credentials: {
              AccessKeyId: accessKeyId, SecretAccessKey: given.secretAccessKey, SessionToken: given.sessionToken,
              Expiration: new Date(settings.signingClock().getTime() + seconds * 1000),
            },
            AssumedRoleUser: { Arn, AssumedRoleId: UserId },
          };
        },
      },
    },
  };
}
