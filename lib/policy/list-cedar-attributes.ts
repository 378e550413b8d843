import type { CedarEntityUid } from './cedar-request.js';

/** The names of the attributes that a schema declares; undefined where it does not tell. */
export interface CedarAttributes {
  ofEntity(type: string): ReadonlySet<string> | undefined;
  ofContext(action: CedarEntityUid): ReadonlySet<string> | undefined;
}

/** A type in Cedar's JSON format of schemas, as far as we read it. */
interface CedarType {
  readonly type: string;
  readonly name?: string;
  readonly attributes?: object;
  readonly additionalAttributes?: boolean;
}

interface CedarNamespace {
  readonly commonTypes?: Readonly<Record<string, CedarType>>;
  readonly entityTypes?: Readonly<Record<string, { readonly shape?: CedarType }>>;
  readonly actions?: Readonly<Record<string, { readonly appliesTo?: { readonly context?: CedarType } }>>;
}

/** What a schema, in its JSON format, declares of each entity type and each action. */
export function listCedarAttributes(schema: Readonly<Record<string, unknown>>): CedarAttributes {
  const namespaces = schema as Readonly<Record<string, CedarNamespace>>;

  function namesOf(type: CedarType | undefined, home: string): ReadonlySet<string> | undefined {
    if (type === undefined) return new Set();
    if (type.type === 'Record') {
      return type.additionalAttributes === true ? undefined : new Set(Object.keys(type.attributes ?? {}));
    }
    // A common type: `EntityOrCommon` with its name, or the name itself.
    const [space, name] = split(type.name ?? type.type);
    for (const candidate of space === '' ? [home, ''] : [space]) {
      const common = namespaces[candidate]?.commonTypes?.[name];
      if (common) return namesOf(common, candidate);
    }
    return undefined;
  }

  return {
    ofEntity(type) {
      const [space, name] = split(type);
      const declared = namespaces[space]?.entityTypes?.[name];
      return declared && namesOf(declared.shape, space);
    },
    ofContext({ type, id }) {
      const [space] = split(type);
      const declared = namespaces[space]?.actions?.[id];
      return declared && namesOf(declared.appliesTo?.context, space);
    },
  };
}

/** The namespace, empty where there is none, and the name in it. */
function split(type: string): readonly [string, string] {
  const at = type.lastIndexOf('::');
  return at < 0 ? ['', type] : [type.slice(0, at), type.slice(at + 2)];
}
