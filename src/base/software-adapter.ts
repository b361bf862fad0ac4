const SOFTWARE = /swiftshader|llvmpipe|lavapipe|softpipe|software|basic render/i;

type AdapterWords = {
  vendor: string;
  architecture: string;
  description: string;
  device: string;
  isFallbackAdapter?: boolean;
};

/** Whether what a WebGPU adapter says of itself means a processor that pretends to be a GPU: correct, and slow. */
export function isSoftwareAdapter(info: AdapterWords): boolean {
  const { vendor, architecture, description, device } = info;
  return info.isFallbackAdapter === true || SOFTWARE.test(`${vendor} ${architecture} ${description} ${device}`);
}
