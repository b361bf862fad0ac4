export { serveSite, type ServedSite } from '../../scripts/serve.mjs';
