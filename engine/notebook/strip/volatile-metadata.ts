/** Metadata that a program wrote while a notebook was open or ran, and nobody chose. */

type Fields = Readonly<Record<string, unknown>>;
/** What stays of a value; undefined where nothing does. */
type Rule = (value: unknown, context: CellContext) => unknown;

/** What the rules of a cell's metadata depend on. */
export type CellContext = {
  readonly cellType: unknown;
  /** The language of the notebook's kernel; null where it says none. */
  readonly language: string | null;
};

const drop = (): undefined => undefined;

/**
 * Of a cell.
 * @see https://nbformat.readthedocs.io/en/latest/format_description.html#cell-metadata
 * @see https://jupyterlab.readthedocs.io/en/stable/user/notebook.html
 */
const cellRules: Readonly<Record<string, Rule>> = {
  // Jupyter: what was folded, scrolled, trusted, and when it ran.
  collapsed: drop,
  scrolled: drop,
  trusted: drop,
  hidden: drop,
  heading_collapsed: drop,
  "jp-MarkdownHeadingCollapsed": drop,
  ExecuteTime: drop,
  execution: drop,
  jupyter: (value) => without(value, { outputs_hidden: drop }),
  // Jupyter's property panel writes the defaults as soon as it is opened.
  tags: (value) => (Array.isArray(value) && value.length === 0 ? undefined : value),
  editable: (value) => (value === true ? undefined : value),
  deletable: (value) => (value === true ? undefined : value),
  slideshow: (value) => without(value, { slide_type: (type) => (type === "" ? undefined : type) }),
  // papermill
  papermill: drop,
  // Colab
  id: drop,
  colab: drop,
  colab_type: drop,
  executionInfo: drop,
  outputId: drop,
  // VS Code: ids of its own, and a language only where it differs from what the cell has anyway.
  vscode: (value, { cellType, language }) =>
    isFields(value) ? emptyToNothing(Object.fromEntries(Object.entries(value).filter(([key, each]) => key === "languageId" && each !== (cellType === "code" ? language : cellType)))) : undefined,
  azdata_cell_guid: drop,
  notebookRunGroups: drop,
  // PyCharm and DataSpell
  pycharm: drop,
  is_executing: drop,
};

/** Of a notebook. */
const notebookRules: Readonly<Record<string, Rule>> = {
  signature: drop,
  widgets: drop,
  celltoolbar: drop,
  orig_nbformat: drop,
  papermill: drop,
  colab: drop,
  vscode: drop,
  interpreter: drop,
  notebookRunGroups: drop,
  pycharm: drop,
  nteract: drop,
  // `display_name` stays, since nbformat requires it.
  kernelspec: (value) => (isFields(value) ? Object.fromEntries(Object.entries(value).filter(([key]) => ["name", "display_name", "language"].includes(key))) : value),
  language_info: (value) => (isFields(value) ? Object.fromEntries(Object.entries(value).filter(([key]) => key !== "version")) : value),
};

export type KeptMetadata = {
  readonly metadata: Fields;
  /** Names of what was taken out, such as `collapsed` or `jupyter.outputs_hidden`. */
  readonly removed: readonly string[];
};

/** Takes volatile metadata out of a cell's. */
export function stripCellMetadata(metadata: Fields, context: CellContext): KeptMetadata {
  return applyRules(metadata, cellRules, context);
}

/** Takes volatile metadata out of a notebook's. */
export function stripNotebookMetadata(metadata: Fields): KeptMetadata {
  return applyRules(metadata, notebookRules, { cellType: null, language: null });
}

function applyRules(metadata: Fields, rules: Readonly<Record<string, Rule>>, context: CellContext): KeptMetadata {
  const removed: string[] = [];
  const kept = Object.entries(metadata).flatMap(([key, value]): [string, unknown][] => {
    const rule = Object.hasOwn(rules, key) ? rules[key] : undefined;
    if (rule === undefined) return [[key, value]];
    const rest = rule(value, context);
    removed.push(...nameRemoved(key, value, rest));
    return rest === undefined ? [] : [[key, rest]];
  });
  return { metadata: Object.fromEntries(kept), removed };
}

function nameRemoved(key: string, before: unknown, after: unknown): string[] {
  if (after === undefined) return [key];
  if (!isFields(before) || !isFields(after)) return [];
  return Object.keys(before).filter((name) => !Object.hasOwn(after, name)).map((name) => `${key}.${name}`);
}

/** An object without what its rules drop; nothing where nothing is left. */
function without(value: unknown, rules: Readonly<Record<string, (value: unknown) => unknown>>): unknown {
  if (!isFields(value)) return value;
  return emptyToNothing(Object.fromEntries(Object.entries(value).filter(([key, each]) => !Object.hasOwn(rules, key) || rules[key]?.(each) !== undefined)));
}

function emptyToNothing(fields: Fields): Fields | undefined {
  return Object.keys(fields).length === 0 ? undefined : fields;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
