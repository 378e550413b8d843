/** Names an entity: its type, with its namespace, and its id. */
export interface CedarEntityUid {
  readonly type: string;
  readonly id: string;
}

/** An entity as Cedar's JSON format writes it. */
export interface CedarEntity {
  readonly uid: CedarEntityUid;
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly parents: readonly CedarEntityUid[];
}

/** A question to Cedar, with the entities that it is about. */
export interface CedarRequest {
  readonly principal: CedarEntityUid;
  readonly action: CedarEntityUid;
  readonly resource: CedarEntityUid;
  readonly context: Readonly<Record<string, unknown>>;
  readonly entities: readonly CedarEntity[];
}
