import { describe, expect, it } from 'vitest';
import { chooseProfile } from '#model-library/kernels/choose-profile.ts';
import { featuresOf } from '#model-library/kernels/kernel.ts';

describe('the kernel profile', () => {
  const traits = (isSoftware: boolean, features: string[], ...sizes: number[]) => ({
    isSoftware,
    features: new Set(features),
    info: sizes.length === 0 ? {} : { subgroupMinSize: sizes[0]!, subgroupMaxSize: sizes[1]! },
  });

  it.each([
    ['serial in software, subgroups or not', traits(true, ['subgroups'], 4, 4), 'serial'],
    ['parallel without the feature', traits(false, ['shader-f16'], 32, 32), 'parallel'],
    ['subgroups of 32', traits(false, ['subgroups'], 32, 32), 'subgroups'],
    ['subgroups of 8 to 32', traits(false, ['subgroups'], 8, 32), 'subgroups'],
    ['subgroups of the smallest and largest size', traits(false, ['subgroups'], 4, 128), 'subgroups'],
    ['parallel where the sizes are not said', traits(false, ['subgroups']), 'parallel'],
    ['parallel for sizes that cannot be', traits(false, ['subgroups'], 1, 256), 'parallel'],
    ['parallel for sizes the wrong way round', traits(false, ['subgroups'], 64, 32), 'parallel'],
  ] as const)('is %s', (_, adapter, profile) => {
    expect(chooseProfile(adapter)).toBe(profile);
  });

  it('asks the device for subgroups only where its kernels use them', () => {
    expect([featuresOf('serial'), featuresOf('parallel'), featuresOf('subgroups')]).toEqual([[], [], ['subgroups']]);
  });
});
