import { remove, temporaryStateDirectory } from '@sluice/stack/private-servers';
import { inRoot } from '@sluice/stack/workspace';
import { freePort } from '@sluice/testing';
import { runCommand, type Running } from './command.js';

/** `npm start` of this checkout, with servers and data of its own, which end with it. */
export class OwnStart {
  private constructor(
    readonly url: string,
    private readonly command: Running,
    private readonly stateDirectory: ReturnType<typeof temporaryStateDirectory>,
  ) {}

  /** Resolves when everything is up. @param settings as somebody gives them to `npm start` */
  static async begin(settings: Record<string, string>): Promise<OwnStart> {
    const stateDirectory = temporaryStateDirectory();
    const port = await freePort();
    const own = { PATH: process.env['PATH'], SLUICE_HOME: stateDirectory.dir, PORT: String(port) };
    const command = runCommand(inRoot('start.mjs'), ['start', '--no-demo'], { ...own, ...settings });
    const start = new OwnStart(`http://127.0.0.1:${port}`, command, stateDirectory);
    await command.prints('Ctrl-C stops everything').catch(async (error: unknown) => {
      await start.end();
      throw error;
    });
    return start;
  }

  /** As Ctrl-C does; then the data is removed. @returns the exit code */
  async end(): Promise<number | null> {
    const code = await this.command.interrupt();
    await remove(this.stateDirectory);
    return code;
  }

  output(): string {
    return this.command.output();
  }
}
