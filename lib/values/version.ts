/** The package's own, as servers see it; a test holds it against `package.json`. */
export const VERSION = '0.1.0';
