import { playAll } from '../../support/hostile-suite.ts';

playAll('s3', ['http', 'https']);
