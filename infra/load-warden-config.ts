import { readFileSync } from 'node:fs';
import { parseConfig, type WardenConfig } from '../lib/config.ts';

/** Reads and validates warden.yaml. @throws Error that names file and line, and what to write there */
export function loadWardenConfig(file: string): WardenConfig {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Error(`config: ${file} cannot be read: write the path of your warden.yaml.`, { cause });
  }
  try {
    return parseConfig(text, file);
  } catch (cause) {
    const detail = cause instanceof Error && 'detail' in cause ? cause.detail : cause;
    throw new Error(`config: ${detail}`, { cause });
  }
}
