import { formatPercent } from './format.ts';
import { m } from './paraglide/messages.js';

/** What is being done with a stored model, as far as it is; `percent` is of a copy. */
export function workWords(doing: 'verify' | 'repair' | 'delete' | 'export' | 'import', percent: number): string {
  switch (doing) {
    case 'verify':
      return m['storeroom.verifying']();
    case 'repair':
      return m['storeroom.repairing']({ percent: formatPercent(percent) });
    case 'delete':
      return m['storeroom.deleting']();
    case 'export':
      return m['storeroom.exporting']({ percent: formatPercent(percent) });
    case 'import':
      return m['storeroom.importing']({ percent: formatPercent(percent) });
    default:
      return doing satisfies never;
  }
}
