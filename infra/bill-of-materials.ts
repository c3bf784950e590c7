import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import { z } from 'zod';

const ROOT = join(import.meta.dirname, '..');

/** A package of which something is in what we ship. */
export interface Shipped {
  readonly name: string;
  readonly version: string;
  /** An SPDX expression. */
  readonly license: string;
  /** Of its archive, as the lock file has it: SHA-512 in base64. */
  readonly integrity: string;
  /** Licence and notices, as the package holds them. */
  readonly texts: readonly string[];
}

const person = z.union([z.string(), z.object({ name: z.string() }).transform(({ name }) => name)]);
const manifestSchema = z.object({
  name: z.string(),
  version: z.string(),
  license: z.string(),
  author: person.optional(),
});
const lockedSchema = z.looseObject({ version: z.string().optional(), integrity: z.string().optional() });
const lockSchema = z.object({ packages: z.record(z.string(), lockedSchema) });

/** Files that hold a licence or what it asks to be passed on. */
const LEGAL = /^(?:licen[cs]e|copying|notice|third.?party)/i;

const MIT_GRANT = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation
files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy,
modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the
Software is furnished to do so`;
const AS_IS = `THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;

/** Terms of licences whose texts some packages leave out, by their SPDX names. */
const TERMS: Readonly<Record<string, string>> = {
  MIT: `${MIT_GRANT}, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

${AS_IS}`,
  'MIT-0': `${MIT_GRANT}.\n\n${AS_IS}`,
  'BSD-2-Clause': `Redistribution and use in source and binary forms, with or without modification, are permitted provided that the following
conditions are met:

1. Redistributions of source code must retain the above copyright notice, this list of conditions and the following
   disclaimer.

2. Redistributions in binary form must reproduce the above copyright notice, this list of conditions and the following
   disclaimer in the documentation and/or other materials provided with the distribution.

THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS" AND ANY EXPRESS OR IMPLIED WARRANTIES,
INCLUDING, BUT NOT LIMITED TO, THE IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE ARE
DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR CONTRIBUTORS BE LIABLE FOR ANY DIRECT, INDIRECT, INCIDENTAL,
SPECIAL, EXEMPLARY, OR CONSEQUENTIAL DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR SERVICES;
LOSS OF USE, DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER CAUSED AND ON ANY THEORY OF LIABILITY, WHETHER IN
CONTRACT, STRICT LIABILITY, OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE OF THIS
SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.`,
};

/** The folders of the packages, below the project's, of which these bundles hold at least a byte. */
function foldersOf(metafiles: readonly Metafile[]): readonly string[] {
  const sources = metafiles
    .flatMap(({ outputs }) => Object.values(outputs))
    .flatMap(({ inputs }) => Object.entries(inputs))
    .flatMap(([source, { bytesInOutput }]) => (bytesInOutput > 0 ? [source.replaceAll('\\', '/')] : []));
  const folders = sources.flatMap((source) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(source)?.[0] ?? []);
  return [...new Set(folders)].sort();
}

function shippedFrom(folder: string, locked: z.infer<typeof lockedSchema> = {}): Shipped {
  const path = join(ROOT, folder);
  const manifest = manifestSchema.parse(JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')));
  const { name, version, license, author = `the authors of ${name}` } = manifest;
  const { integrity } = locked;
  // Else the bill would name one version with the checksum of another.
  if (version !== locked.version)
    throw new Error(`${folder} is ${version}, and package-lock.json has ${locked.version ?? 'none'}: run npm ci.`);
  if (integrity === undefined) throw new Error(`${folder} has no checksum in package-lock.json`);
  const files = readdirSync(path, { withFileTypes: true }).filter((file) => file.isFile() && LEGAL.test(file.name));
  const texts = files.map((file) => readFileSync(join(path, file.name), 'utf8').trim());
  return { name, version, license, integrity, texts: texts.length > 0 ? texts : [standardText(license, author, name)] };
}

/** The text of a licence that a package names and does not bring. @throws Error for a licence that none here has a text of */
function standardText(license: string, author: string, name: string): string {
  if (license === 'Apache-2.0') return readFileSync(join(ROOT, 'LICENSE'), 'utf8').trim();
  const terms = TERMS[license];
  if (terms === undefined) throw new Error(`${name} brings no text of its licence, ${license}: write it into TERMS.`);
  return `Copyright (c) ${author}\n\n${terms}`;
}

/** What bundles are made of besides our own code, by name: read off what esbuild says that they hold. */
export function shippedIn(metafiles: readonly Metafile[]): readonly Shipped[] {
  const { packages } = lockSchema.parse(JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')));
  const all = foldersOf(metafiles).map((folder) => shippedFrom(folder, packages[folder]));
  // One package may lie in several folders.
  const unique = new Map(all.map((one) => [`${one.name}@${one.version}`, one]));
  return [...unique.values()].toSorted((a, b) => (`${a.name}@${a.version}` < `${b.name}@${b.version}` ? -1 : 1));
}

const purlOf = (name: string, version: string): string => `pkg:npm/${name.replace('@', '%40')}@${version}`;

/** The bill as CycloneDX 1.6, the same for the same bundles: without a time or a number of its own. */
export function cycloneDx(shipped: readonly Shipped[]): string {
  const { name, version, license } = manifestSchema.parse(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')));
  const own = purlOf(name, version);
  const components = shipped.map((one) => {
    const ref = purlOf(one.name, one.version);
    const [scope, rest] = one.name.startsWith('@') ? one.name.split('/') : [undefined, one.name];
    const content = Buffer.from(one.integrity.replace(/^sha512-/, ''), 'base64').toString('hex');
    return {
      type: 'library',
      'bom-ref': ref,
      ...(scope !== undefined && { group: scope }),
      name: rest,
      version: one.version,
      purl: ref,
      licenses: [{ expression: one.license }],
      hashes: [{ alg: 'SHA-512', content }],
    };
  });
  const document = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      component: {
        type: 'application',
        'bom-ref': own,
        name,
        version,
        purl: own,
        licenses: [{ expression: license }],
      },
    },
    components,
    dependencies: [{ ref: own, dependsOn: components.map(({ purl }) => purl) }],
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

/** The licence texts of all that is shipped, each text once below the names of those that it is of. */
export function licenceTexts(shipped: readonly Shipped[]): string {
  const texts = shipped.flatMap((one) => one.texts.map((text) => ({ text, one })));
  const parts = [...Map.groupBy(texts, ({ text }) => text)].map(([text, of]) => {
    const names = of.map(({ one: { name, version, license } }) => `${name} ${version} (${license})`);
    return `${names.join('\n')}\n\n${text}\n`;
  });
  const line = `${'-'.repeat(80)}\n\n`;
  return `The bundles of Session Warden hold code of these packages.\n\n${line}${parts.join(`\n${line}`)}`;
}
