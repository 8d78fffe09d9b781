import { RemovalPolicy } from 'aws-cdk-lib';

/** What becomes of a store, its copies and its key when the stack that declares it goes. */
export class BackupStoreRemoval {
  /** The store stays, with every copy and the key that reads them: the stack's end is not the copies' end. */
  public static retain(): BackupStoreRemoval {
    return new BackupStoreRemoval(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
  }

  /**
   * The store goes with the stack, once it is empty (the lock's time must be over), and its key a week later. Only policies of the
   * test environment named here may use such a store: it cannot be left on by accident in another one.
   *
   * @param testEnvironment the `environment` of the policies that may use this store
   */
  public static destroyTestEnvironment(testEnvironment: string): BackupStoreRemoval {
    return new BackupStoreRemoval(RemovalPolicy.DESTROY, testEnvironment);
  }

  /** The policy that CloudFormation gets. */
  public readonly removalPolicy: RemovalPolicy;

  /** The only environment whose policies may use the store; any when undefined. */
  public readonly testEnvironment?: string;

  private constructor(removalPolicy: RemovalPolicy, testEnvironment?: string) {
    this.removalPolicy = removalPolicy;
    this.testEnvironment = testEnvironment;
  }
}
