import fs from 'node:fs';
import path from 'node:path';

/**
 * Says at the end what was not tested and why (a test skipped on this machine carries its reason in its name), and closes with one
 * plain line of counts.
 */
export default class ClosingLine {
  onRunComplete(_contexts, results) {
    const skipped = results.testResults.flatMap(({ testFilePath, testResults }) => testResults
      .filter(({ status }) => status === 'pending' || status === 'todo' || status === 'disabled')
      .map(({ fullName }) => `  ${path.relative(process.cwd(), testFilePath)}: ${fullName}`));
    const broken = results.testResults.filter(({ testExecError }) => testExecError).length;
    const lines = [
      ...(skipped.length > 0 ? ['', 'skipped on this machine:', ...skipped] : []),
      '', `${results.numPassedTests} passed, ${results.numFailedTests + broken} failed, ${skipped.length} skipped`,
    ];
    // At the very end: jest's own summary follows its reporters.
    process.once('exit', () => fs.writeSync(1, `${lines.join('\n')}\n`));
  }
}
