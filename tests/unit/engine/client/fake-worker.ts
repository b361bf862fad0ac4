import type { EngineEndpoint } from '#engine/client/calls.ts';
import type { EngineReply, EngineRequest } from '#engine/protocol/messages.ts';

/**
 * The other end of a real MessageChannel: requests arrive cloned and asynchronously, as in a worker. Protocol logic
 * only; what a worker does with a request is tested in Chromium.
 */
export class FakeWorker {
  readonly requests: EngineRequest[] = [];
  readonly endpoint: EngineEndpoint;
  isTerminated = false;
  readonly #far: MessagePort;
  readonly #listeners = new Map<string, (event: never) => void>();
  readonly #arrivals: (() => void)[] = [];

  constructor() {
    const { port1, port2 } = new MessageChannel();
    this.#far = port2;
    port2.onmessage = (event) => {
      this.requests.push(event.data as EngineRequest);
      for (const arrival of this.#arrivals.splice(0)) arrival();
    };
    port1.onmessage = (event) => this.#listeners.get('message')?.(event as never);
    this.endpoint = {
      postMessage: (message) => port1.postMessage(message),
      addEventListener: (type: string, listener: (event: never) => void) => void this.#listeners.set(type, listener),
      terminate: () => {
        this.isTerminated = true;
        port1.close();
      },
    };
  }

  reply(reply: EngineReply): void {
    this.#far.postMessage(reply);
  }

  fire(type: 'error' | 'messageerror', fields: object = {}): void {
    this.#listeners.get(type)?.(Object.assign(new Event(type), fields) as never);
  }

  /** The nth request, waiting for it. */
  async request(index: number): Promise<EngineRequest> {
    while (this.requests.length <= index) await new Promise<void>((resolve) => this.#arrivals.push(resolve));
    return this.requests[index] as EngineRequest;
  }

  close(): void {
    this.#far.close();
  }
}
