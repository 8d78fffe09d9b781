import { ContractError, NewerContractError } from '../../lib/contract/common';
import { AssemblyError } from '../assembly';
import { AwsRefusedError } from '../deployed/aws-error';
import { NotDeployedError } from '../deployed/read-stacks';
import { KeptStoreError } from '../status/kept-store';
import { NotWatchedError } from '../status/read-status';

const FORESEEN = [AssemblyError, NewerContractError, ContractError, NotDeployedError, AwsRefusedError, KeptStoreError, NotWatchedError];

/** Whether the message is all that a person needs; any other error is a fault of this program. */
export function isForeseen(error: unknown): error is Error {
  return FORESEEN.some((kind) => error instanceof kind);
}
