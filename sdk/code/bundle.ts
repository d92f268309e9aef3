import { realpathSync } from 'node:fs';
import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type BuildFailure, type Plugin } from 'esbuild';

const SDK = '@leadwire/connector-sdk';
/** Of Node's own modules: what makes checksums and signatures. */
export const BUILT_INS = ['node:crypto'] as const;
/** Characters of a script; a document of the database that holds it has 16 MB. */
const MAX_CHARACTERS = 2_000_000;

/** What the code of a connector cannot be made a script of; `message` says why, for its author. */
export class CodeRefused extends Error {
  override readonly name = 'CodeRefused';
}

/**
 * Makes one self-contained script of a connector's `index.js`: its own files and the SDK are in it, `node:crypto` may be
 * asked for, and any other import is refused. Nothing of it is run.
 *
 * @param folder of the connector
 * @throws CodeRefused
 */
export async function bundleCode(folder: URL | string): Promise<string> {
  const root = realpathSync(typeof folder === 'string' ? folder : fileURLToPath(folder));
  let text;
  try {
    const { outputFiles } = await build({
      absWorkingDir: root,
      entryPoints: ['./index.js'],
      bundle: true,
      write: false,
      format: 'cjs',
      platform: 'neutral',
      target: 'node20',
      charset: 'utf8',
      legalComments: 'none',
      logLevel: 'silent',
      // What an author has on a disk beside the package must not change what comes out.
      tsconfigRaw: {},
      plugins: [ownFilesOnly(root)],
    });
    text = outputFiles[0]?.text ?? '';
  } catch (error) {
    const [first] = (error as Partial<BuildFailure>).errors ?? [];
    const at = first?.location ? `${first.location.file}:${first.location.line}: ` : '';
    const text = first?.text.replace(/"[^"]*\bsdk\/code\/author\.ts"/, SDK);
    throw new CodeRefused(text === undefined ? 'index.js cannot be read' : at + text);
  }
  if (text.length > MAX_CHARACTERS) throw new CodeRefused(`has more than ${MAX_CHARACTERS} characters`);
  return text;
}

function ownFilesOnly(root: string): Plugin {
  const sdk = fileURLToPath(new URL('author.ts', import.meta.url));
  const inside = `${root}${sep}`;
  return {
    name: 'own-files-only',
    setup(bundle) {
      bundle.onResolve({ filter: /.*/ }, async ({ path, importer, kind, resolveDir, pluginData }) => {
        // Asked again by the line below, or one of our own files.
        if (pluginData === inside || (importer !== '' && !importer.startsWith(inside))) return undefined;
        if (path === SDK) return { path: sdk };
        if ((BUILT_INS as readonly string[]).includes(path)) return { path, external: true };
        if (!path.startsWith('.')) {
          return { errors: [{ text: `imports ${path}: only ${SDK}, ${BUILT_INS.join(', ')} and own files can be` }] };
        }
        const found = await bundle.resolve(path, { importer, kind, resolveDir, pluginData: inside });
        if (found.errors.length > 0) return { errors: found.errors };
        // A link may lead anywhere.
        if (!realpathSync(found.path).startsWith(inside)) {
          return { errors: [{ text: `imports ${path}, which is not in its folder` }] };
        }
        return { path: found.path };
      });
    },
  };
}
