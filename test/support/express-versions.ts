import express5 from 'express';
import express4 from 'express4';

/** Every Express that is supported. */
export const expressVersions = [
  ['Express 5', express5],
  ['Express 4', express4],
] as const;
