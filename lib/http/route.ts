/** The functions behind the HTTP API: each is a file of functions/, a Lambda, and an operation of the OpenAPI document. */
export type OperationName =
  | 'list-targets'
  | 'check-target'
  | 'list-sessions'
  | 'get-session'
  | 'kill-connection'
  | 'kill-query'
  | 'kill-sessions'
  | 'list-blockers'
  | 'preview-reap'
  | 'list-audit'
  | 'show-stop'
  | 'stop-kills'
  | 'resume-kills'
  | 'get-openapi';

/** One line of the route table. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** As API Gateway writes it, `/targets/{target}`. */
  readonly path: `/${string}`;
  readonly name: OperationName;
  /** True where no identity is asked for. */
  readonly anonymous: boolean;
}
