// `npm run test:full-size`: SOLAR's whole shape, random weights, from a GGUF on a local server to llama.cpp's logits.
// README, "How SOLAR's size is tested", names the variables that change a run.
import { buildSite, checkNode, installDependencies, run } from './setup.mjs';
import { installChromium } from './chromium.mjs';

checkNode();
installDependencies();
const chromium = installChromium();
buildSite();
run('npx', ['vitest', 'run', '--config', 'tests/full-size/vitest.config.ts'], chromium ? { CHROME: chromium } : {});
