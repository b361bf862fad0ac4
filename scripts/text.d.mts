import type { Plugin } from 'vite';
export function text(): (Plugin | Plugin[])[];
