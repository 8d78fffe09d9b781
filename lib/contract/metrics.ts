/** CloudWatch namespace of everything the workers measure. */
export const METRIC_NAMESPACE = 'BackupPolicy';

/** Dimensions of every metric, in this order. */
export const METRIC_DIMENSIONS = ['Environment', 'Application', 'Protection'] as const;

export interface MetricDefinition {
  readonly name: string;
  readonly unit: 'Seconds' | 'Bytes' | 'Count';
}

/** Every metric, once: infra and workers name it by this table. */
export const METRICS = {
  dumpSeconds: { name: 'DumpSeconds', unit: 'Seconds' },
  sizeBytes: { name: 'SizeBytes', unit: 'Bytes' },
  rows: { name: 'Rows', unit: 'Count' },
  restoreSeconds: { name: 'RestoreSeconds', unit: 'Seconds' },
  drillSeconds: { name: 'DrillSeconds', unit: 'Seconds' },
  proven: { name: 'Proven', unit: 'Count' },
  notProven: { name: 'NotProven', unit: 'Count' },
  copiesAnnounced: { name: 'CopiesAnnounced', unit: 'Count' },
  copiesReleased: { name: 'CopiesReleased', unit: 'Count' },
  releasesHeldBack: { name: 'ReleasesHeldBack', unit: 'Count' },
  storeFindings: { name: 'StoreFindings', unit: 'Count' },
} as const satisfies Record<string, MetricDefinition>;
