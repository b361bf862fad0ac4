import { AppError } from '#base/errors.ts';

/** A model's folder has a manifest and a few dozen files; more is another folder, chosen by mistake. */
const MAX_FILES = 4096;
const MANIFEST_NAME = 'manifest.json';

/**
 * The files of a prepared model's folder, out of what a person chose: that folder, or one that it lies in. Throws `import-files`
 * where there are several models in it or none.
 */
export async function folderFiles(
  folder: FileList | readonly File[] | FileSystemDirectoryHandle,
): Promise<readonly File[]> {
  if ('kind' in folder) return (await folderHandle(folder)) ?? refuse('there is no manifest.json in this folder');
  const files = Array.from(folder);
  if (!files.every((file) => file instanceof File))
    throw new AppError('engine-request', { what: 'folder has no files' });
  const manifests = files.filter(isManifest);
  if (manifests.length > 1) refuse(`there are ${manifests.length} models in this folder`);
  // A chosen folder gives its files with their paths; files chosen one by one have none.
  const inside = manifests[0] ? folderOf(manifests[0]) : '';
  return limited(files.filter((file) => folderOf(file) === inside));
}

/** The files beside the one manifest in this folder or in a folder of it; null where there is none. */
async function folderHandle(directory: FileSystemDirectoryHandle): Promise<File[] | null> {
  const own = await filesBesideManifest(directory);
  if (own) return own;
  let found: File[] | null = null;
  for await (const entry of directory.values()) {
    const files = entry.kind === 'directory' ? await filesBesideManifest(entry as FileSystemDirectoryHandle) : null;
    if (files && found) refuse('there are several models in this folder');
    found ??= files;
  }
  return found;
}

async function filesBesideManifest(directory: FileSystemDirectoryHandle): Promise<File[] | null> {
  const handles: FileSystemFileHandle[] = [];
  for await (const entry of directory.values()) {
    if (entry.kind === 'file') limited(handles).push(entry as FileSystemFileHandle);
  }
  if (!handles.some(isManifest)) return null;
  return Promise.all(handles.map((handle) => handle.getFile()));
}

const isManifest = ({ name }: { readonly name: string }) => name.toLowerCase() === MANIFEST_NAME;
const folderOf = ({ webkitRelativePath: path }: File) => path.slice(0, path.lastIndexOf('/') + 1);

function limited<T>(files: T[]): T[] {
  if (files.length > MAX_FILES) refuse(`this folder holds more than ${MAX_FILES} files`);
  return files;
}

function refuse(reason: string): never {
  throw new AppError('import-files', { reason });
}
