import type { KernelProfile } from './kernel.ts';

/** What of an adapter decides which kernels suit it. Subgroup sizes are invocations. */
export type AdapterTraits = {
  readonly isSoftware: boolean;
  readonly features: { has(feature: string): boolean };
  readonly info: { readonly subgroupMinSize?: number; readonly subgroupMaxSize?: number };
};

/** The kernel profile for an adapter; `featuresOf` says what its device must then be opened with. */
export function chooseProfile({ isSoftware, features, info }: AdapterTraits): KernelProfile {
  if (isSoftware) return 'serial';
  const { subgroupMinSize = 0, subgroupMaxSize = 0 } = info;
  // The sizes that WebGPU allows; an adapter that states others, or none, is not believed.
  const isBelievable = subgroupMinSize >= 4 && subgroupMaxSize >= subgroupMinSize && subgroupMaxSize <= 128;
  return features.has('subgroups') && isBelievable ? 'subgroups' : 'parallel';
}
