import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApiError } from './errors';
import type { Segment } from './s3/blobs';
import type { Identity } from './sigv4';
import type { ApiCall, ConditionContext, Decision, EndpointOptions, Fault } from './types';

/** Options with every default filled in. */
export type Settings = Required<Pick<EndpointOptions, 'region' | 'account' | 'now' | 'signingClock' | 'handlers'>>
  & Pick<EndpointOptions, 'authorize' | 'faults' | 'onAnswered'> & {
    directory: string;
    /** Clocks of which a signature may be by any. */
    signedBy: () => readonly Date[];
    /** Regions that answer nothing any more. */
    lostRegions: Set<string>;
  };

/** One request, once its signature holds. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly method: string;
  readonly rawPath: string;
  readonly query: ReadonlyMap<string, string>;
  /** Lower-case; of a presigned request, the x-amz- query parameters too. */
  readonly headers: Record<string, string | undefined>;
  readonly requestId: string;
  readonly identity: Identity;
  /** The client waits for "100 Continue" before it sends the body. */
  awaitsContinue: boolean;
  fault?: Fault;
  /** The body, where the signature could not be checked without it. */
  readonly early?: Buffer;
  /** The clock of the Date header, from which clients correct their own. */
  answeredAt(): Date;
}

export interface Reply {
  status: number;
  headers?: Record<string, string | undefined>;
  body?: string | Buffer;
  /** Bytes of stored data, streamed. */
  data?: { segments: Segment[]; start: number; end: number };
}

/** A permission before it has been asked for. */
export interface Permission {
  service: string;
  operation: string;
  action: string;
  resource: string;
  context?: ConditionContext;
  via?: string;
  /** The handler asks for finer permissions itself, or there is nothing to permit: recorded, not asked. */
  unasked?: boolean;
}

/** A request that has been understood and only needs to be permitted and done. */
export interface Prepared {
  permission: Permission;
  run(): Promise<Reply>;
}

/** Asks for permissions, remembers every one asked for with the answer it got. */
export class Gate {
  readonly calls: ApiCall[] = [];

  constructor(private readonly settings: Settings, private readonly remembered = Infinity) {}

  toCall(exchange: Exchange, permission: Permission): ApiCall {
    const { identity } = exchange;
    const principal = identity.credentials.principal;
    return {
      requestId: exchange.requestId, at: this.settings.now(),
      service: permission.service, operation: permission.operation, action: permission.action, resource: permission.resource,
      principal, accessKeyId: identity.accessKeyId, region: identity.region,
      context: { ...this.commonContext(principal, identity.region), ...permission.context },
      ...(permission.via ? { via: permission.via } : {}),
    };
  }

  /** @throws ApiError AccessDenied (403), named as the services name it. */
  async demand(exchange: Exchange, permission: Permission): Promise<void> {
    await this.decide(this.toCall(exchange, permission));
  }

  async decide(call: ApiCall, unasked = false): Promise<void> {
    this.remember(call);
    call.decision = this.settings.authorize && !unasked ? await this.settings.authorize(call) : { allow: true };
    if (!call.decision.allow) throw this.refusal(call, call.decision);
  }

  /** Asks for what a service does in a role's name without a request of anybody's. */
  async ask(principal: string, { service, operation, action, resource, context = {}, via }: Permission): Promise<Decision> {
    const { region = this.settings.region } = { region: context['aws:RequestedRegion'] as string | undefined };
    const call: ApiCall = {
      requestId: randomUUID(), at: this.settings.now(), service, operation, action, resource, region, principal, accessKeyId: '',
      context: { ...this.commonContext(principal, region), ...context }, ...(via ? { via } : {}),
    };
    this.remember(call);
    call.decision = this.settings.authorize ? await this.settings.authorize(call) : { allow: true };
    Object.assign(call, call.decision.allow ? { status: 200 } : { status: 403, errorCode: 'AccessDenied' });
    return call.decision;
  }

  remember(call: ApiCall): void {
    this.calls.push(call);
    // Trimmed in big steps, since each moves the whole list.
    if (this.calls.length > this.remembered * 2) this.calls.splice(0, this.calls.length - this.remembered);
  }

  private refusal(call: ApiCall, decision: Decision & { allow: false }): ApiError {
    const who = this.principalArn(call.principal);
    return new ApiError(
      'AccessDenied', 403,
      `User: ${who} is not authorized to perform: ${call.action} on resource: ${call.resource} because ${decision.reason}`,
    );
  }

  principalArn(principal: string | undefined): string {
    if (principal === undefined) return `arn:aws:iam::${this.settings.account}:root`;
    return principal.startsWith('arn:') ? principal : `arn:aws:iam::${this.settings.account}:role/${principal}`;
  }

  private commonContext(principal: string | undefined, region: string): ConditionContext {
    const now = this.settings.now();
    return {
      // The loopback stands for the TLS connection a deployed worker has.
      'aws:SecureTransport': 'true',
      'aws:SourceIp': '127.0.0.1',
      'aws:CurrentTime': now.toISOString(),
      'aws:EpochTime': String(Math.floor(now.getTime() / 1000)),
      'aws:RequestedRegion': region,
      'aws:PrincipalArn': this.principalArn(principal),
      'aws:PrincipalAccount': this.settings.account,
      'aws:ResourceAccount': this.settings.account,
      'aws:PrincipalType': principal === undefined ? 'Account' : 'AssumedRole',
      'aws:ViaAWSService': 'false',
    };
  }
}
