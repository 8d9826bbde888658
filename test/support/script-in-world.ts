import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import type { RegistrationWorld } from './registration.ts';
import { registrationWorld } from './registration.ts';
import type { RunOptions, Scripts } from './scripts.ts';
import { compileScripts } from './scripts.ts';

/** For a file of tests about one script: compiles it once, and gives each test a world of its own to run it in. */
export function scriptInWorld(script: string, makeWorld: () => Promise<RegistrationWorld> = registrationWorld) {
  let scripts: Scripts;
  let world: RegistrationWorld;
  beforeAll(async () => {
    scripts = await compileScripts(script);
  });
  afterAll(() => scripts.remove());
  beforeEach(async () => {
    world = await makeWorld();
  });
  afterEach(() => world.close());

  return {
    /** The world of the test that runs now. */
    get world() {
      return world;
    },
    run: (args?: readonly string[], options?: RunOptions) => scripts.run(world, script, args, options),
    start: (args?: readonly string[]) => scripts.start(world, script, args),
    commandLine: (args?: readonly string[]) => scripts.commandLine(world, script, args),
  };
}
