interface Payload {
  readonly uid?: string;
  readonly grantId?: string;
  readonly [name: string]: unknown;
}

/** Keeps the stand-in's data of one kind in memory, until the app stops. */
export class Memory {
  readonly #kept = new Map<string, Payload>();

  async upsert(id: string, payload: Payload): Promise<void> {
    this.#kept.set(id, payload);
  }

  async find(id: string): Promise<Payload | undefined> {
    return this.#kept.get(id);
  }

  async findByUid(uid: string): Promise<Payload | undefined> {
    return [...this.#kept.values()].find((payload) => payload.uid === uid);
  }

  async consume(id: string): Promise<void> {
    this.#kept.set(id, { ...this.#kept.get(id), consumed: Math.floor(Date.now() / 1000) });
  }

  async destroy(id: string): Promise<void> {
    this.#kept.delete(id);
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    for (const [id, payload] of this.#kept) if (payload.grantId === grantId) this.#kept.delete(id);
  }
}
