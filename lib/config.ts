/** The whole of warden.yaml. */
export interface WardenConfig {
  /** Who may see and end what; nothing is allowed that no rule allows. */
  readonly access: readonly unknown[];
}
