// Lints texts under the file names they are given, by the project's own configuration: [{ filePath, code }] on standard input,
// [[{ ruleId, message }]] on standard output. A process of its own, for a flat configuration is an ES module and jest's context is not.
import { fileURLToPath } from 'node:url';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';

const cwd = fileURLToPath(new URL('../..', import.meta.url));
const eslint = new ESLint({
  cwd,
  // The files exist in no program of the compiler, so what needs types is off; the zones need none.
  overrideConfig: [tseslint.configs.disableTypeChecked, { languageOptions: { parserOptions: { projectService: false, project: false } } }],
});

let input = '';
for await (const chunk of process.stdin) input += chunk;
const answers = [];
for (const { filePath, code } of JSON.parse(input)) {
  const [result] = await eslint.lintText(code, { filePath });
  answers.push(result.messages.map(({ ruleId, message }) => ({ ruleId, message })));
}
process.stdout.write(JSON.stringify(answers));
