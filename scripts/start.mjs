// `npm start`: from a fresh clone to a page that is ready to chat.
import { buildSite, checkNode, installDependencies } from './setup.mjs';

checkNode();
installDependencies();
buildSite();
const { serveSite } = await import('./serve.mjs');
const port = Number(process.env.PORT ?? 4173);
const site = await serveSite({ port }).catch((error) => {
  if (error.code !== 'EADDRINUSE') throw error;
  console.log(`Port ${port} is taken; choosing another.`);
  return serveSite();
});
console.log(
  `\nDaylight is ready: open ${site.url} in a browser with WebGPU (Chrome, Edge, Safari 26).\nStop it with Ctrl+C.`,
);
