import type { RoleKind } from './world';

const DUMP = 'A run writes its parts and then its manifest; once, for the bucket refuses to write over anything.';
const KEY = 'Objects are encrypted with the store\'s key; through S3 it opens no more than the role may read there, and a dump worker may read nothing.';
const TOPIC = 'The recipients are told; the topic is encrypted, and its key is used through SNS alone.';
const OBSERVED = 'Step Functions sets up its log delivery by the machine\'s role, and AWS gives these actions no resources.';
const AT_REPLICA = 'A drill proves the replica\'s own copy when the first region is gone: it reads that one protection there, and its verdict lies beside it.';
const LENGTHENS = 'An app may have a role of its own that lengthens the lock of what is kept, up to a length that it declares.';
const DAMAGED = 'A copy that was found damaged does not count as proven when it is decided what is kept; what was found is all it reads there.';
const DECIDES = 'What a copy is and what was said of it decides whether it is kept; it reads no part.';
const DECLARED = 'What was declared is kept with the instant it took effect, so that no copy is judged by later rules; once, as everything here.';
const DUE = 'A digest or a test falls due: its notice goes to the intake topic as any other, by that topic\'s key.';
const LOOKS = 'It holds what the store really has against what was declared: names and sizes, manifests and verdicts; it reads no part.';
const ROTATES = 'It reads stored copies again and holds them against their manifests; it tags, deletes and locks nothing, and writes only when it read what.';
const CONTROL = 'The machine runs its own steps.';

/** Why a role may do what is dangerous: everything else it may not. */
export const MEANT: Readonly<Record<string, Partial<Record<RoleKind, string>>>> = {
  'lengthen': {
    'lock worker': 'What is kept is locked anew, each time by the store\'s own lock; S3 shortens none, and the role reads no part, tags, writes and deletes nothing.',
    'lengthening of locks': LENGTHENS,
  },
  'lengthen-more': { 'lengthening of locks': LENGTHENS },
  'release': { 'retire worker': 'Releasing is what it is for, in two phases and with a grace; the lock outlasts the tag, and only lifecycle rules delete.' },
  'write-copy': { 'dump worker': DUMP },
  'acl': { replication: 'What is replicated to another account belongs to that account, so that nobody here is its owner.' },
  'write-verdict': { 'verify worker at a replica': AT_REPLICA, 'verify worker': 'A drill ends with its verdict: who has this role is believed about the copies of its one protection, and cannot touch them.' },
  'write-audit': { 'retire worker': 'A round leaves what it found of the whole store for later rounds; once, as everything here.' },
  'write-scrub': { 'scrub worker': ROTATES },
  'write-policy': { 'sentinel': DECLARED, 'retire worker': DECLARED },
  'abort': { 'dump worker': 'An upload that fails is taken back; what is whole cannot be aborted.' },
  'replicate': { replication: 'It is the store\'s replication; the replica refuses everybody else.' },
  'replicate-existing': { 'filling of a replica': 'One command brings the copies that were there before a replica; by the store\'s own rules and to nowhere else.' },
  'read-parts': { 'verify worker at a replica': AT_REPLICA, 'verify worker': 'A drill restores the copy.', 'scrub worker': ROTATES },
  'read-manifests': {
    'verify worker at a replica': AT_REPLICA,
    'verify worker': 'A drill restores the copy.',
    'retire worker': DECIDES,
    'lock worker': DECIDES,
    'scrub worker': ROTATES,
    'sentinel': LOOKS, 'sentinel at a replica': LOOKS,
  },
  'read-verdicts': { 'retire worker': DECIDES, 'lock worker': DECIDES, 'sentinel': LOOKS, 'sentinel at a replica': LOOKS },
  'read-scrubs': { 'scrub worker': ROTATES, 'retire worker': DAMAGED, 'lock worker': DAMAGED, 'sentinel': LOOKS },
  'read-replicate': { replication: 'S3 reads what it replicates, to the declared replicas.' },
  'list': {
    'retire worker': 'It sees which copies of its policy there are.',
    'lock worker': 'It sees which copies of its policy there are.',
    'scrub worker': 'It sees which copies of its policy there are.',
    'sentinel': LOOKS, 'sentinel at a replica': LOOKS,
    'replication': 'S3\'s replication asks for it of the bucket as a whole; it shows names and reads nothing.',
  },
  'list-elsewhere': { sentinel: LOOKS },
  'list-all': { replication: 'S3\'s replication asks for it of the bucket as a whole; it shows names and reads nothing.' },
  'secret': { 'dump worker': 'It logs in to what it copies, and nobody else does.' },
  'recipient': { 'notify worker': 'It brings messages there, by an address or a key that nobody else knows.' },
  'identity': { 'verify worker': 'A drill opens an encrypted copy; the dump worker cannot.' },
  'inventory': { 'filling of a replica': 'S3 Batch Replication makes its list of objects by it; the role is taken by S3 alone, for a job that somebody with rights of their own starts.' },
  'key-elsewhere': { replication: 'S3 encrypts what it replicates with the key of the replica.' },
  'key-through-s3': {
    'verify worker at a replica': KEY, 'dump worker': KEY, 'verify worker': KEY, 'retire worker': KEY, 'lock worker': KEY, 'scrub worker': KEY, 'sentinel': KEY, 'replication': KEY,
    'sentinel at a replica': KEY,
  },
  'topic-key': { 'run machine': TOPIC, 'retire machine': TOPIC, 'lock machine': TOPIC, 'scrub machine': TOPIC, 'notify worker': TOPIC, 'scheduler': DUE },
  'pass': { 'run machine': 'ECS starts the tasks of this one protection with their own two roles each.' },
  'invoke': {
    'run machine': CONTROL, 'retire machine': CONTROL, 'lock machine': CONTROL, 'scrub machine': CONTROL, 'machine of a drill at a replica': CONTROL,
  },
  'wake': {
    'scheduler': 'It starts the declared runs and rounds at their slots.',
    'scheduler at a replica': 'It calls the sentinels of its replica, and nothing else.',
  },
  'run-task': { 'run machine': CONTROL },
  'answer': { 'dump worker': 'A task answers to the machine that started it.', 'verify worker': 'A task answers to the machine that started it.' },
  'start': { scheduler: 'It starts the declared runs and rounds at their slots.' },
  'publish': { 'run machine': TOPIC, 'retire machine': TOPIC, 'lock machine': TOPIC, 'scrub machine': TOPIC, 'notify worker': TOPIC, 'scheduler': DUE },
  'log-delivery': { 'run machine': OBSERVED, 'retire machine': OBSERVED, 'lock machine': OBSERVED, 'scrub machine': OBSERVED, 'machine of a drill at a replica': OBSERVED },
};
