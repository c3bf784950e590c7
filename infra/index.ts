export type { MetricName } from '../lib/telemetry/metrics.ts';
export type { FunctionName } from './function-table.ts';
export type { MetricView } from './monitoring/warden-metrics.ts';
export type {
  AlarmOptions,
  ApiOptions,
  ConcurrencyOptions,
  ConsoleOptions,
  DatabaseOptions,
  EndpointOptions,
  SessionWardenProps,
  TracingOptions,
} from './props.ts';
export { SessionWarden } from './session-warden.ts';
