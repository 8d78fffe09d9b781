import { type IPolicyValidationPlugin, type PolicyValidationPluginReport, Stage, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { DeclaredFinding } from '../contract/declared-finding';

/** Name of the plugin in the validation report, and namespace of the codes in acknowledgements. */
export const PLUGIN_NAME = 'BackupPolicy';

type Produce = () => readonly DeclaredFinding[];

/**
 * Puts findings into the validation report once the assembly is written: an error that is not acknowledged ends the synthesis, and what it
 * wrote is still there to be looked at. Warnings are annotations, which the CDK shows and reports by itself.
 */
class FindingsPlugin implements IPolicyValidationPlugin {
  public readonly name = PLUGIN_NAME;
  private readonly produced: Produce[] = [];

  public add(produce: Produce): void {
    this.produced.push(produce);
  }

  public validate(): PolicyValidationPluginReport {
    const reported = this.produced.flatMap((produce) => [...produce()]).filter(({ severity, acknowledged }) => severity === 'error' || acknowledged !== undefined);
    return {
      success: !reported.some(({ severity, acknowledged }) => severity === 'error' && acknowledged === undefined),
      violations: reported.map(({ code, severity, reason, mend, path }) => ({
        ruleName: code,
        severity,
        description: `[${path}] [${code}] ${reason}; ${mend}`,
        fix: mend,
        violatingResources: [{ constructPath: path, locations: [] }],
      })),
    };
  }
}

const plugins = new WeakMap<Stage, FindingsPlugin>();

/** Has a construct's findings reported with those of its stage. */
export function reportFindings(scope: IConstruct, produce: Produce): void {
  const stage = Stage.of(scope);
  if (!stage) return;
  let plugin = plugins.get(stage);
  if (!plugin) {
    plugin = new FindingsPlugin();
    plugins.set(stage, plugin);
    Validations.of(stage).addPlugins(plugin);
  }
  plugin.add(produce);
}
