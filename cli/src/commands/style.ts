// The style figures of the source: npm run style; -- --list prints every place.
import { runCommand } from '@sluice/stack/failure';
import { commandLine } from '@sluice/stack/usage';
import { measure } from '../style/figures.js';
import { isWithinLimits, styleReport } from '../style/report.js';
import { sourceFiles } from '../style/source-files.js';

await runCommand(async () => {
  const { folder = '', list = false } = commandLine('style').values as { folder?: string; list?: boolean };
  const figures = measure(sourceFiles(folder));
  for (const line of styleReport(figures, { list })) console.log(line);
  return isWithinLimits(figures) ? 0 : 1;
});
