// Where a page demands Trusted Types, the address of a worker must have passed a policy. This is the site's one policy for
// addresses, and it trusts what comes from the page's own origin.

type Policy = { createScriptURL(url: string): unknown };
type TrustedTypes = { createPolicy(name: string, rules: { createScriptURL(url: string): string }): Policy };

let policy: Policy | null | undefined;

/**
 * The address of a worker's script as `Worker` and `register` take it everywhere. Throws a TypeError for another origin
 * where Trusted Types exist.
 */
export function trustedScriptUrl(url: string | URL): string {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  if (policy === undefined) policy = trustedTypes ? createPolicy(trustedTypes) : null;
  // The type of a trusted address is not in TypeScript's library; what takes one takes it for a string.
  return policy ? (policy.createScriptURL(String(url)) as string) : String(url);
}

function createPolicy(trustedTypes: TrustedTypes): Policy | null {
  try {
    return trustedTypes.createPolicy('daylight-script-url', { createScriptURL: requireOwnOrigin });
  } catch {
    return null; // a host page that does not name our policy; if it demands one, `Worker` says so itself
  }
}

function requireOwnOrigin(url: string): string {
  const { href, origin } = new URL(url, document.baseURI);
  if (origin !== location.origin) throw new TypeError(`A worker of another origin was refused: ${href}`);
  return href;
}
