/**
 * openapi-typescript drives the compiler by an interface that TypeScript 7 no longer has, and as a
 * peer it would be given the version that everything else here uses.
 */
function readPackage(manifest) {
  if (manifest.name === "openapi-typescript") {
    const { typescript: _typescript, ...peerDependencies } = manifest.peerDependencies;
    return {
      ...manifest,
      peerDependencies,
      dependencies: { ...manifest.dependencies, typescript: "5.9.3" },
    };
  }
  return manifest;
}

export const hooks = { readPackage };
