import { App, Stack } from 'aws-cdk-lib';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { SessionWarden } from 'session-warden';

const stack = new Stack(new App(), 'Example');
const vpc = new Vpc(stack, 'Vpc', { natGateways: 0, restrictDefaultSecurityGroup: false });
new SessionWarden(stack, 'Warden', { vpc, config: 'warden.yaml', secretPrefix: 'databases/', api: { iam: true } });
