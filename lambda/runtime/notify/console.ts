/** Pages of AWS's console, by which a person gets from a message to what it speaks of. */

export function alarmUrl(arn: string, name: string, ownRegion: string): string {
  // arn:<partition>:cloudwatch:<region>:<account>:alarm:<name>: an alarm of the replica's region stands there.
  const region = /^[a-z0-9-]+$/.exec(arn.split(':')[3] ?? '')?.[0] ?? ownRegion;
  return `${consoleOf(region)}/cloudwatch/home?region=${region}#alarmsV2:alarm/${encodeURIComponent(name)}`;
}

export function alarmsUrl(region: string): string {
  return `${consoleOf(region)}/cloudwatch/home?region=${region}#alarmsV2:`;
}

export function executionsUrl(region: string): string {
  return `${consoleOf(region)}/states/home?region=${region}#/statemachines`;
}

function consoleOf(region: string): string {
  return region.startsWith('cn-') ? `https://${region}.console.amazonaws.cn` : `https://${region}.console.aws.amazon.com`;
}
