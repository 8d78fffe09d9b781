import { METRIC_NAMESPACE } from '../../lib/contract/metrics';
import type { Fault } from './fault';
import type { Timeline } from './timeline';

const schedules = ({ props: { world, endpoint } }: Timeline, state: 'ENABLED' | 'DISABLED'): void => {
  for (const { scheduleArn } of world.protections) endpoint.schedules.change(scheduleArn, { State: state });
};

/** What can happen to schedules and machines, and to those who watch and are told. */
export const FAULTS_OF_WATCHING: readonly Fault[] = [
  {
    name: 'the schedule is disabled by hand', fires: ['scheduleChanged'], withinHours: 3, overWithinHours: 3,
    inject: (timeline) => schedules(timeline, 'DISABLED'), mend: (timeline) => schedules(timeline, 'ENABLED'),
  },
  {
    name: 'the state machine is deleted', fires: ['scheduleChanged', 'slotNotStarted'], withinHours: 30, overWithinHours: 30,
    inject: ({ props: { world, endpoint } }) => { for (const { machineArn } of world.protections) endpoint.machines.remove(machineArn); },
    mend: ({ props: { world, endpoint } }) => {
      for (const { machineArn } of world.protections) endpoint.machines.seed({ arn: machineArn, roleArn: 'arn:aws:iam::000000000000:role/again', definition: {} });
      if (world.request.deadLetters !== undefined) endpoint.queues.purge(queueArn(world.request.deadLetters, world.region));
    },
  },
  {
    name: 'the sentinel is stopped', fires: ['sentinelSilent'], where: 'first', withinHours: 4, overWithinHours: 3,
    inject: ({ behaviour, props: { world } }) => { behaviour.sentinelRuns = (region) => region !== world.region; },
    mend: ({ behaviour }) => { behaviour.sentinelRuns = () => true; },
  },
  {
    name: 'the sentinel of the replica is stopped', fires: ['sentinelSilent'], where: 'replica', withinHours: 4, overWithinHours: 3,
    inject: ({ behaviour, props: { world } }) => { behaviour.sentinelRuns = (region) => region === world.region; },
    mend: ({ behaviour }) => { behaviour.sentinelRuns = () => true; },
  },
  {
    name: 'the first region is lost', fires: ['recoveryPointOld'], where: 'replica', withinHours: 24 * 9, overWithinHours: 24 * 3,
    spacingSeconds: 2 * 3600,
    inject: ({ behaviour, props: { world, endpoint } }) => {
      behaviour.lost = new Set([world.region]);
      endpoint.loseRegion(world.region);
    },
    mend: ({ behaviour, props: { world, endpoint } }) => {
      behaviour.lost = new Set();
      endpoint.regainRegion(world.region);
    },
  },
  {
    name: 'the sentinel\'s role loses the right to list', fires: ['sentinelSilent'], withinHours: 4, overWithinHours: 3, spacingSeconds: 0,
    inject: ({ denied }) => { denied.add('s3:ListBucketVersions'); }, mend: ({ denied }) => { denied.delete('s3:ListBucketVersions'); },
  },
  {
    name: 'gauges go to another namespace', fires: ['sentinelSilent'], withinHours: 4, overWithinHours: 3,
    inject: ({ behaviour }) => { behaviour.measured = (line) => line.replace(`"Namespace":"${METRIC_NAMESPACE}"`, '"Namespace":"Backups"'); },
    mend: ({ behaviour }) => { behaviour.measured = (line) => line; },
  },
  {
    name: 'no recipient has confirmed', fires: ['recipientUnconfirmed'], withinHours: 30, overWithinHours: 30,
    unheard: 'nobody is left who would hear it: the dashboard and `backup-policy status` show it',
    inject: (timeline) => confirm(timeline, false), mend: (timeline) => confirm(timeline, true),
  },
  {
    name: 'nobody audits the store any more', fires: ['auditOld'], withinHours: 24 * 11, overWithinHours: 30, spacingSeconds: 2 * 3600,
    inject: ({ behaviour }) => { behaviour.retireRuns = false; }, mend: ({ behaviour }) => { behaviour.retireRuns = true; },
  },
];

function queueArn(url: string, region: string): string {
  const [, account, name] = /\/(\d{12})\/([^/]+)$/.exec(url) ?? [];
  return `arn:aws:sqs:${region}:${account}:${name}`;
}

function confirm({ props: { world, endpoint } }: Timeline, confirmed: boolean): void {
  for (const { arn } of world.request.topics) {
    endpoint.topics.subscribe(arn, endpoint.topics.subscriptions(arn).map((one) => (one.protocol === 'lambda' ? one : { ...one, confirmed })));
  }
}
