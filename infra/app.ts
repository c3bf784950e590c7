import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { WardenStack } from './warden-stack.ts';

const app = new App();
new WardenStack(app);
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
