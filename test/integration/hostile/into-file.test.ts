import { playAll } from '../../support/hostile-suite.ts';

playAll('file', ['http', 'https']);
