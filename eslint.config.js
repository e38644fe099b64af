import tseslint from "typescript-eslint";

/** Which rooms of engine/ a room may import: the arrows of docs/architecture.md. */
const arrows = {
  project: [],
  checkpoint: ["project", "observe"],
  notebook: ["project", "observe"],
  store: ["project", "observe", "checkpoint"],
  plan: ["project", "observe", "checkpoint", "notebook"],
  report: ["project", "observe", "checkpoint", "notebook", "plan"],
  watch: ["project", "observe", "checkpoint", "notebook", "plan", "report", "store", "run"],
  run: ["project", "observe", "checkpoint", "notebook", "plan", "report", "store"],
  scaffold: ["project", "notebook"],
};
const rooms = ["project", "plan", "notebook", "run", "checkpoint", "store", "report", "watch", "deploy", "scaffold"];

const roomRules = Object.entries(arrows).map(([room, allowed]) => ({
  files: [`engine/${room}/**/*.ts`],
  rules: {
    "@typescript-eslint/no-restricted-imports": [
      "error",
      {
        patterns: [
          {
            // Types are the language between rooms; what a room does stays its own.
            allowTypeImports: true,
            group: [...rooms.filter((other) => other !== room && !allowed.includes(other)).map((other) => `**/${other}/**`), "**/scripts/**", "**/stages/**"],
            message: `engine/${room} may import only ${["itself", ...allowed].join(", ")}.`,
          },
        ],
      },
    ],
  },
}));

export default tseslint.config(
  { ignores: ["dist/", "node_modules/", "test/cases/", ".stitchbook/", ".venv*/", "coverage/", "examples/*/.stitchbook/", "reports/", "engine/notebook/api/data.d.ts"] },
  ...tseslint.configs.recommended,
  {
    rules: {
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/consistent-type-imports": ["error", { disallowTypeAnnotations: false }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      eqeqeq: ["error", "always", { null: "ignore" }],
      "no-restricted-syntax": ["error", { selector: "CallExpression[callee.property.name='localeCompare']", message: "Sort by code unit: the locale must not decide an order." }],
    },
  },
  {
    files: ["engine/**/*.ts"],
    ignores: ["engine/observe/console.ts", "engine/notebook/**", "engine/report/browser/**"],
    rules: { "no-console": "error" },
  },
  {
    files: ["stages/**/*.ts"],
    rules: { "@typescript-eslint/no-restricted-imports": ["error", { patterns: [{ group: ["**/engine/**", "**/scripts/**"], message: "Stages know nothing of the engine." }] }] },
  },
  ...roomRules,
);
