import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Tells rule checkers such as cdk-nag why findings on a construct are meant so: rule, or `rule[finding]`, to reason. */
export function acknowledge(construct: IConstruct, reasons: Readonly<Record<string, string>>): void {
  for (const [id, reason] of Object.entries(reasons)) Validations.of(construct).acknowledge({ id, reason });
}
