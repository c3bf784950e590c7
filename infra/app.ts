import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { WardenStack } from './warden-stack.ts';

const app = new App();
try {
  new WardenStack(app);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
} catch (error) {
  // It says what to write; where in our code it was found helps no one who deploys.
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
