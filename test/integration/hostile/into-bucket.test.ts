import { playAll } from '../../support/hostile-suite.ts';

// Over TLS the source is the same, and so is the bucket: a file shows it.
playAll('s3', ['http']);
