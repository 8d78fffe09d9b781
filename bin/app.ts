import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { MonToitStack } from '../examples/montoit';

/** The examples, for one environment: `cdk synth -c environment=staging`. */
const app = new App();
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));

const environment = String(app.node.tryGetContext('environment') ?? 'production');
new MonToitStack(app, environment === 'production' ? 'MonToit' : `MonToit-${environment}`, {
  environment,
  // The copies' first region; the account is whichever deploys.
  env: { region: 'eu-west-3' },
});

app.synth();
