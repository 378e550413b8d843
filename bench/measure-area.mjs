// Measures one area in a process of its own, so that no area finds the heap and the compiled code of another.
process.once('message', async ({ name, ...settings }) => {
  const { measure } = await import(`./areas/${name}.mjs`);
  const result = await measure({ ...settings, tell: (text) => process.stderr.write(`  ${name}: ${text}\n`) });
  process.send(result, () => process.exit());
});
