import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { IfnConnectStack } from '../examples/ifn-connect';
import { MonToitStack } from '../examples/montoit';
import { SelmaiStack } from '../examples/selmai';

/** The examples, for one environment: `cdk synth -c environment=staging`. */
const app = new App();
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));

const environment = String(app.node.tryGetContext('environment') ?? 'production');
// The copies' first region; the account is whichever deploys.
const props = { environment, env: { region: 'eu-west-3' } };
const named = (name: string): string => (environment === 'production' ? name : `${name}-${environment}`);
new MonToitStack(app, named('MonToit'), props);
new SelmaiStack(app, named('Selmai'), props);
new IfnConnectStack(app, named('IfnConnect'), props);

app.synth();
