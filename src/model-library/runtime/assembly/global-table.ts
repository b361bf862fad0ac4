import { NameTable } from './names';

/** Functions that the host finds by name, its own ones too. */
export const globals: NameTable = changetype<NameTable>(memory.data(12, 4));
