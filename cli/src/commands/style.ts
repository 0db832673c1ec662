import { Progress } from '@sluice/stack/progress';
import { defineCommand, FLAG, TEXT } from '../command.js';
import { measure } from '../style/figures.js';
import { isWithinLimits, styleReport } from '../style/report.js';
import { sourceFiles } from '../style/source-files.js';

export const command = defineCommand({
  usage: `npm run style -- [--folder <path>] [--list]
  --folder <path>      measures the files of one folder
  --list               prints every place that was counted
Measures the source by the house's style: long lines, words of comments, names, untyped files. Exits with 1 when a limit is not held.`,
  options: { folder: TEXT, list: FLAG },
  run: async ({ values: { folder = '', list = false } }) => {
    const progress = new Progress(process.stderr);
    const figures = await progress.step('source files', async () => measure(sourceFiles(folder)));
    for (const line of styleReport(figures, { list })) console.log(line);
    return isWithinLimits(figures) ? 0 : 1;
  },
});
