/** A JSON object whose fields are read one by one. Whatever is not as it should be throws `ShapeError`. */
export class JsonObject {
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #path: readonly (string | number)[];

  /** The object that `text` spells. */
  static parse(text: string): JsonObject {
    return new JsonObject(parsed(text), []);
  }

  private constructor(value: unknown, path: readonly (string | number)[]) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw shapeError(path);
    this.#fields = value as Record<string, unknown>;
    this.#path = path;
  }

  /** Text; undefined when the field is missing or null. */
  text(name: string): string | undefined {
    return this.#read(name, (value) => typeof value === 'string');
  }

  /** Text, which may be empty. */
  requiredText(name: string): string {
    return this.text(name) ?? this.refuse(name);
  }

  /** Text of at least one character. */
  id(name: string): string {
    return this.text(name) || this.refuse(name);
  }

  /** Epoch milliseconds: a number, or, as one of LaunchDarkly's samples has it, the digits of one. */
  epochMs(name: string): number {
    const value = this.#fields[name];
    return typeof value === 'number' || /^\d+$/.test(String(value)) ? Number(value) : this.refuse(name);
  }

  /** True or false; undefined when the field is missing or null. */
  flag(name: string): boolean | undefined {
    return this.#read(name, (value) => typeof value === 'boolean');
  }

  /** A list of texts; undefined when the field is missing or null. */
  texts(name: string): string[] | undefined {
    return this.#list(name)?.map((item, at) => (typeof item === 'string' ? item : this.refuse(name, at)));
  }

  /** An object; undefined when the field is missing or null. */
  object(name: string): JsonObject | undefined {
    const value = this.#fields[name] ?? undefined;
    return value === undefined ? undefined : new JsonObject(value, [...this.#path, name]);
  }

  /** A list of objects; undefined when the field is missing or null. */
  objects(name: string): JsonObject[] | undefined {
    return this.#list(name)?.map((item, at) => new JsonObject(item, [...this.#path, name, at]));
  }

  /** A list of objects. */
  requiredObjects(name: string): JsonObject[] {
    return this.objects(name) ?? this.refuse(name);
  }

  /** Says that a field is not as it should be. */
  refuse(...at: (string | number)[]): never {
    throw shapeError([...this.#path, ...at]);
  }

  #list(name: string): unknown[] | undefined {
    return this.#read(name, Array.isArray as (value: unknown) => value is unknown[]);
  }

  #read<T>(name: string, is: (value: unknown) => value is T): T | undefined {
    const value = this.#fields[name] ?? undefined;
    return value === undefined || is(value) ? value : this.refuse(name);
  }
}

/** JSON of another shape than agreed, or none. Names the place and never what stood there, which may be a secret. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
}

function shapeError(path: readonly (string | number)[]): ShapeError {
  return new ShapeError(`unexpected shape at ${path.join('.') || 'the top'}`);
}

/** `JSON.parse` quotes the text that it could not read. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ShapeError('no JSON');
  }
}
