import { AppError } from '../errors.ts';
import type { WardenConfig } from './config.ts';

/** Another number wherever a field of the configuration changes its meaning, so that no function takes what it would misread. */
const FORMAT = 1;

/** The file that deployed functions read in place of warden.yaml: the configuration as it was validated, every default filled in. */
export const toConfigJson = (config: WardenConfig): string => `${JSON.stringify({ format: FORMAT, config })}\n`;

/**
 * Reads what {@link toConfigJson} wrote. It was validated then, so nothing of it is looked at again: no YAML and no schema
 * at a cold start.
 *
 * @param fileName how errors call the file.
 * @throws AppError `configuration-invalid` for text that is not JSON and for another format
 */
export function fromConfigJson(text: string, fileName: string): WardenConfig {
  const invalid = (what: string, cause?: unknown) =>
    new AppError('configuration-invalid', {
      cause,
      detail: `${fileName}: ${what}: deploy functions and file together.`,
    });
  let file: { readonly format?: unknown; readonly config?: WardenConfig } | null;
  try {
    file = JSON.parse(text);
  } catch (cause) {
    throw invalid('not JSON', cause);
  }
  if (file?.format !== FORMAT) throw invalid(`not of format ${FORMAT}`);
  if (typeof file.config !== 'object' || file.config === null) throw invalid('without a configuration');
  return file.config;
}
