export { type Acknowledgement, isGrave, judge, type JudgedFinding } from './acknowledge';
export { coverageFindings, exemptFindings } from './coverage';
export { FINDING_CODES, type FindingCode } from './codes';
export type { AlarmFacts, ExpectedFacts, ProtectionFacts, ScrubFacts, StoreFacts, TierFacts, WorkerFacts } from './facts';
export type { Finding, Severity } from './finding';
export { proveProtection } from './prove';
export { storeFindings } from './lock';
export { type PolicyFacts, policyFindings, replicaTemplateFindings, TEMPLATE_RESOURCES_WARNING, templateFindings } from './template';
