/** JSON schemas of the description, as rows of a table. */

/** @typedef {{name: string, type: string, about: string, limits: string,
 *   required: boolean}} Row */

/**
 * What a `$ref` leads to, or the thing itself.
 * @param {any} document
 * @param {any} part
 * @returns {any}
 */
export function resolve(document, part) {
  for (let depth = 0; part?.$ref && depth < 8; depth += 1) {
    part = part.$ref.slice(2).split("/").reduce((/** @type {any} */ at, /** @type {string} */ name) => at?.[name.replaceAll("~1", "/")], document);
  }
  return part ?? {};
}

/**
 * @param {any} document
 * @param {any} schema
 * @returns {string} the type in a few words
 */
export function typeOf(document, schema) {
  const name = schema.$ref?.split("/").pop();
  const found = resolve(document, schema);
  const either = found.oneOf ?? found.anyOf;
  if (either) return either.map((/** @type {any} */ one) => typeOf(document, one)).filter(unique).join(" or ");
  const types = [found.type ?? []].flat();
  if (types.includes("array")) return `list of ${typeOf(document, found.items ?? {})}`;
  if (name && types.includes("object")) return name;
  if (found.const !== undefined) return JSON.stringify(found.const);
  const words = types.map((/** @type {string} */ type) => (type === "string" && found.format ? found.format : type));
  return words.join(" or ") || "anything";
}

/**
 * What a value must be besides its type.
 * @param {any} document
 * @param {any} schema
 * @returns {string}
 */
export function limits(document, schema) {
  const found = resolve(document, schema);
  const said = [];
  if (found.enum) said.push(`one of ${found.enum.map((/** @type {unknown} */ one) => JSON.stringify(one)).join(", ")}`);
  if (found.minimum !== undefined || found.maximum !== undefined) said.push(range(found.minimum, found.maximum, ""));
  if (found.minLength !== undefined || found.maxLength !== undefined) said.push(range(found.minLength, found.maxLength, " characters"));
  if (found.pattern) said.push(`matches ${found.pattern}`);
  if (found.default !== undefined) said.push(`default ${JSON.stringify(found.default)}`);
  return said.join("; ");
}

/**
 * @param {number|undefined} least
 * @param {number|undefined} most
 * @param {string} unit
 */
function range(least, most, unit) {
  if (most === undefined) return `at least ${least}${unit}`;
  return least === undefined ? `at most ${most}${unit}` : `${least} to ${most}${unit}`;
}

/**
 * The members of an object, those of objects in it named with dots.
 * @param {any} document
 * @param {any} schema
 * @param {string} [prefix]
 * @param {number} [depth]
 * @returns {Row[]}
 */
export function rows(document, schema, prefix = "", depth = 0) {
  const found = resolve(document, schema);
  const either = found.oneOf ?? found.anyOf;
  if (either) {
    const all = either.flatMap((/** @type {any} */ one) => rows(document, one, prefix, depth));
    return all.filter((/** @type {Row} */ row, /** @type {number} */ at) => all.findIndex((/** @type {Row} */ other) => other.name === row.name) === at);
  }
  if (found.items) return rows(document, found.items, `${prefix}[]`, depth);
  return Object.entries(found.properties ?? {}).flatMap(([key, part]) => {
    const name = prefix ? `${prefix}.${key}` : key;
    const row = {
      name,
      type: typeOf(document, part),
      about: resolve(document, part).description ?? "",
      limits: limits(document, part),
      required: (found.required ?? []).includes(key),
    };
    return [row, ...(depth < 3 ? rows(document, part, name, depth + 1) : [])];
  });
}

/** @param {unknown} value @param {number} at @param {unknown[]} all */
const unique = (value, at, all) => all.indexOf(value) === at;
