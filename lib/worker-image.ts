import type * as ecr from 'aws-cdk-lib/aws-ecr';
import type { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { IConstruct } from 'constructs';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PropRefused } from './refusal';

/**
 * What a verify worker's image is made of. The library's own image has PostgreSQL's contrib modules and pgvector; a database that needs
 * more (PostGIS, TimescaleDB …) is restored in an image of the team's: ours, from `bundles/<engine>` of this package, and its packages.
 */
export abstract class WorkerImage {
  /**
   * An image that lies in a repository.
   *
   * @param tagOrDigest a tag that never moves, or `sha256:…`; `latest` is refused, for nobody could say what a copy was proven with
   */
  public static fromRepository(repository: ecr.IRepository, tagOrDigest: string): WorkerImage {
    return new RepositoryImage(repository, tagOrDigest);
  }

  /**
   * Built when the app is deployed.
   *
   * @param directory a copy of the package's `bundles/<engine>` with a Dockerfile that installs more
   */
  public static fromDirectory(directory: string): WorkerImage {
    return new DirectoryImage(directory);
  }

  /** @internal the library's own */
  public static _ofEngine(directory: string, target?: string): WorkerImage {
    return new DirectoryImage(directory, target);
  }

  protected constructor() {}

  /** @internal */
  public abstract _onLambda(scope: IConstruct, handler: string, platform: Platform): lambda.DockerImageCode;

  /** @internal */
  public abstract _onFargate(scope: IConstruct, platform: Platform): ecs.ContainerImage;

  /** @internal the repository that is pulled from; undefined for the bootstrap's own */
  public abstract readonly _repositoryArn?: string;
}

class RepositoryImage extends WorkerImage {
  public readonly _repositoryArn: string;

  constructor(private readonly repository: ecr.IRepository, private readonly tagOrDigest: string) {
    super();
    this._repositoryArn = repository.repositoryArn;
  }

  public _onLambda(scope: IConstruct, handler: string): lambda.DockerImageCode {
    return lambda.DockerImageCode.fromEcr(this.repository, { tagOrDigest: this.fixed(scope), cmd: [handler] });
  }

  public _onFargate(scope: IConstruct): ecs.ContainerImage {
    return ecs.ContainerImage.fromEcrRepository(this.repository, this.fixed(scope));
  }

  private fixed(scope: IConstruct): string {
    if (this.tagOrDigest === 'latest' || this.tagOrDigest === '') {
      throw new PropRefused(scope, 'scratchImage', JSON.stringify(this.tagOrDigest), 'a tag that never moves, or a digest (sha256:…)');
    }
    return this.tagOrDigest;
  }
}

class DirectoryImage extends WorkerImage {
  public readonly _repositoryArn = undefined;

  constructor(private readonly directory: string, private readonly target?: string) {
    super();
  }

  public _onLambda(scope: IConstruct, handler: string, platform: Platform): lambda.DockerImageCode {
    return lambda.DockerImageCode.fromImageAsset(this.checked(scope), { cmd: [handler], platform, target: this.target });
  }

  public _onFargate(scope: IConstruct, platform: Platform): ecs.ContainerImage {
    return ecs.ContainerImage.fromAsset(this.checked(scope), { platform, target: this.target });
  }

  /** Without the bundle beside it the image would be built, deployed, and fail in the night. */
  private checked(scope: IConstruct): string {
    for (const file of ['Dockerfile', 'index.js', 'task.js']) {
      if (!existsSync(join(this.directory, file))) {
        throw new PropRefused(scope, 'scratchImage', JSON.stringify(this.directory), `a folder with Dockerfile, index.js and task.js, as bundles/<engine> has them; ${file} is missing`);
      }
    }
    return this.directory;
  }
}
